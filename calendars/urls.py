"""The user pages."""

from django.contrib.auth import views as auth
from django.urls import path

from calendars import views

urlpatterns = [
    path("", views.home, name="home"),
    path("calendar/<int:year>/<int:month>/<int:day>/week/", views.week, name="week"),
    path(
        "login/",
        auth.LoginView.as_view(
            template_name="calendars/login.html", redirect_authenticated_user=True
        ),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(next_page="login"), name="logout"),
]
