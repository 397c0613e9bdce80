"""The one resource, with the views that the framework brings."""

from django.urls import include, path
from rest_framework.routers import DefaultRouter
from rest_framework.serializers import BaseSerializer, ModelSerializer
from rest_framework.viewsets import ModelViewSet

from benchmarks.peers.crud.models import Application


class ApplicationSerializer(ModelSerializer[Application]):
    """All columns; the exporter is whoever is logged in."""

    class Meta:
        model = Application
        fields = "__all__"
        read_only_fields = ("exporter", "status")


class ApplicationViewSet(ModelViewSet[Application]):
    """Create, read, update and delete."""

    queryset = Application.objects.all()
    serializer_class = ApplicationSerializer

    def perform_create(self, serializer: BaseSerializer[Application]) -> None:
        """Save for the one who is logged in."""
        serializer.save(exporter=self.request.user)


router = DefaultRouter()
router.register("applications", ApplicationViewSet)

urlpatterns = [path("api/v1/", include(router.urls))]
