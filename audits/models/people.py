"""Who acts, in which body, and the keys of persons whose data are sealed."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth import hashers
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now

from audits.kernel import Actor, Role


class Organization(models.Model):
    """A body that acts: an exporter, an agency, a laboratory, a bank, the Treasury, auditors."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    role = models.CharField(max_length=20, choices=[(role.value, role.name) for role in Role])
    agency = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Makes people; ids are arguments."""

    def create_person(
        self, *, person_id: UUID, username: str, organization: Organization, password: str | None
    ) -> "Person":
        """Create one natural person (or, without a password, a process that cannot log in)."""
        person = self.model(id=person_id, username=username, organization=organization)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A natural person with a login. A person acts for exactly one organization."""

    id = models.UUIDField(primary_key=True)
    username = models.CharField(max_length=150, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="people")
    is_active = models.BooleanField(default=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Compare and change nothing: no application role may write a password, not even anew."""
        return hashers.check_password(raw_password, self.password)

    def actor(self) -> Actor:
        """Say who acts: this person for this organization."""
        return Actor(
            person_id=self.id,
            organization_id=self.organization_id,
            role=Role(self.organization.role),
            agency=self.organization.agency or None,
        )

    def has_perms(self, *_args: Any, **_kwargs: Any) -> bool:
        """Refuse Django's own permissions: rights come from `permissions.py` alone."""
        return False


class SubjectKey(models.Model):
    """The key of one natural person within one thing; without it, all that it sealed is gone.

    Written by `audits.vault`; triggers let a row be neither deleted nor changed. Only the event of an
    erasure takes the key away, inside the database; only that of a rewrapping lets it be wrapped anew.
    """

    subject_id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    """Whose record names the person."""
    holder_id = models.UUIDField()
    """The thing in which the person is named: a customer, a shipment, a login."""
    wrapped_key = models.BinaryField(null=True)
    name_mark = models.BinaryField(null=True)
    """The person's name, sealed: a repeat finds the same subject by it, and lists can name it."""
    key_sha256 = models.BinaryField()
    """Fingerprint of the key, unwrapped: what the event of its destruction names."""
    wrapped_by = models.TextField(null=True)
    """Id of the key from the environment (`audits.vault.wrapping`); null: from before it was noted."""
    created_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audits_subject_key"
        constraints = [
            models.CheckConstraint(
                name="audits_subject_key_whole",
                condition=models.Q(
                    destroyed_at__isnull=True, wrapped_key__isnull=False, name_mark__isnull=False
                )
                | models.Q(
                    destroyed_at__isnull=False, wrapped_key__isnull=True, name_mark__isnull=True
                ),
            )
        ]
        indexes = [
            models.Index(fields=["holder_id", "organization_id"], name="audits_subject_key_holder")
        ]

    def __str__(self) -> str:
        return str(self.subject_id)
