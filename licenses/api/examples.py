"""What the documented examples of requests have in common."""

from typing import Any, Final

LICENSE: Final = "0199e2b4-5c1e-7a00-8000-000000000002"
PRODUCT: Final = "0199e2b4-5c1e-7a00-8000-000000000003"
CUSTOMER: Final = "0199e2b4-5c1e-7a00-8000-000000000004"
ORGANIZATION: Final = "0199e2b4-5c1e-7a00-8000-000000000005"
SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
KEY_ID: Final = "d04ab232742bb4ab"
SERIALS: Final = ["SN-000001", "SN-000002"]
DOCUMENT: Final[dict[str, Any]] = {
    "name": "statement.pdf",
    "media_type": "application/pdf",
    "sha256": SHA256,
    "size_bytes": 48213,
}
"""A document that is kept elsewhere."""
