"""Addresses of signing in, and of one's own settings."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("sign-in/code/", views.Code.as_view(), name="sign-in-code"),
    path("sign-in/code/new/", views.SetUpCode.as_view(), name="sign-in-code-new"),
    path("sign-in/company/", views.company, name="sign-in-company"),
    path("sign-in/company/back/", views.company_back, name="sign-in-company-back"),
    path("account/recovery-codes/", views.recovery_codes, name="recovery-codes"),
    path("account/", views.account, name="account"),
    path("account/keys/", views.keys, name="keys"),
    path("messages/", views.messages, name="messages"),
    path("messages/bell/", views.bell, name="bell"),
    path("messages/read/", views.read, name="messages-read"),
    path("messages/ways/", views.ways, name="message-ways"),
    path("mailbox/", views.mailbox, name="mailbox"),
]
