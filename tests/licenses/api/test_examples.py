"""What the documents show of the world is what the demonstration shows, too."""

from devstack.demo.material import H200
from licenses.api.products import SPECIFICATION


def test_the_product_of_the_documents_is_that_of_the_demonstration() -> None:
    assert {**SPECIFICATION, "source": ""} == {**H200, "source": ""}
