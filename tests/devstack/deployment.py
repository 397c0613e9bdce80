"""The files of the deployment, as they were read."""

from typing import Any

import yaml

from devstack import paths

COMPOSE: dict[str, Any] = yaml.safe_load((paths.ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
ROLES_SCRIPT = paths.ROOT / "ops" / "postgres" / "10-roles.sh"
DOCKERFILE = (paths.ROOT / "Dockerfile").read_text()
# What the images of others read.
POSTGRES_IMAGE_READS = {"POSTGRES_PASSWORD"}
