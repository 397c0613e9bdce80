"""Logging in and out of the pages: the same people as in the API, with a session instead of a token."""

from typing import Any, cast

from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from rest_framework.request import Request
from rest_framework.views import APIView

from audits.api.sessions import AccountThrottle, LogInThrottle
from audits.web.pages import Page


class LogInForm(AuthenticationForm):
    """Login name and password."""

    error_messages = {
        "invalid_login": "There is no such login. Check the login name and the password.",
        "inactive": "There is no such login. Check the login name and the password.",
    }

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **{"label_suffix": "", **kwargs})
        self.fields["username"].label = "Login name"


class LogInPage(Page, LoginView):
    """`/log-in/`: counted together with the API's `POST /sessions`, so that neither is a way round."""

    http_method_names = ("get", "head", "post")
    form_class = LogInForm
    template_name = "audits/log_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Log in, unless too many passwords have been tried."""
        account = AccountThrottle(request.POST.get("username", ""))
        for throttle in (LogInThrottle(), account):
            if not throttle.allow_request(cast("Request", request), cast("APIView", self)):
                return self._too_many(int(throttle.wait() or 0) + 1)
        answer = super().post(request, *args, **kwargs)
        if request.user.is_authenticated:
            account.forget()
        return answer

    def _too_many(self, seconds: int) -> HttpResponse:
        answer = render(self.request, "audits/throttled.html", {"seconds": seconds}, status=429)
        answer["Retry-After"] = str(seconds)
        return answer


class LogOutPage(Page):
    """`/log-out/`: ends the session."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Log out, whoever it is."""
        logout(request)
        return redirect("entry")
