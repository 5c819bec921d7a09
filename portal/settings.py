"""Settings of the portal: one file, values from the environment (see README, Production)."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from portal import environment as env
from portal.runtime import broker, logs

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder("PORTAL_DATA", BASE_DIR / "var")

# What this installation is ---------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
SAMPLE_WORLD = env.flag("SAMPLE_WORLD")
"""Loopback only: test credit codes, printed sign-ins, /dev/mail/. `check --deploy` fails with it."""
SITE_NAME = {"zh-hans": env.text("SITE_NAME_ZH", "算力门户"), "en": env.text("SITE_NAME_EN", "Suanli Portal")}
FOOTER_TEXT = {
    "zh-hans": env.text("FOOTER_ZH", "示例站点，非任何机构的官方网站。"),
    "en": env.text("FOOTER_EN", "A sample site, not the official site of any institution."),
}

SECRET_KEY = env.text("SECRET_KEY", "debug-only-secret-key-" + "x" * 40 if DEBUG else None)
CREDENTIALS_KEY = env.text("CREDENTIALS_KEY", SECRET_KEY)
"""Secret from which the key is derived that encrypts buyers' credentials at rest."""
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", [])

# Hosts -----------------------------------------------------------------------------------------
PARENT_DOMAIN = env.text("PARENT_DOMAIN", "portal.localhost").lower()
PORTAL_SCHEME = env.text("PORTAL_SCHEME", "http")
PORTAL_PORT = env.number("PORTAL_PORT", 8000, least=1, most=65535)
"""The port people and agents reach the portal at, as it stands in links (not always where granian listens)."""
_DEFAULT_PORT = {"http": 80, "https": 443}.get(PORTAL_SCHEME)
if _DEFAULT_PORT is None:
    raise ImproperlyConfigured(f"PORTAL_SCHEME is {PORTAL_SCHEME!r}; it must be http or https.")
PORT_SUFFIX = "" if PORTAL_PORT == _DEFAULT_PORT else f":{PORTAL_PORT}"
PORTAL_URL = f"{PORTAL_SCHEME}://{PARENT_DOMAIN}{PORT_SUFFIX}"
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = [f".{PARENT_DOMAIN}", *LOOPBACK_HOSTS, *env.words("EXTRA_HOSTS", [])]
PUBLIC_SCHEMA_URLCONF = "portal.urls_national"
ROOT_URLCONF = "portal.urls_province"
WSGI_APPLICATION = "portal.wsgi.application"
PROXIES = env.number("PROXIES", 0, most=9)
"""Proxies of ours in front: so many last addresses of X-Forwarded-For are believed, the others anybody can write."""

# Apps ------------------------------------------------------------------------------------------
SHARED_APPS = [
    "tenants",  # before django_tenants: its commands carry pgtrigger's autodetector
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "portal.web",
    "portal.accounts",
    "portal.staff",
    "portal.privacy",
    "portal.ledger",
    "portal.directory",
    "portal.checkout",
    "portal.overview",
    "portal.runtime",
    "django.contrib.admin",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "csp",
    "lucide",
    "pgtrigger",
]
TENANT_APPS = [
    "tenants.history",
    "tenants.outbox",
    "marketplace.catalog",
    "marketplace.onboarding",
    "marketplace.orders",
    "marketplace.settlement",
    "marketplace.activation",
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
TENANT_MODEL = "tenants.Province"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
PGTRIGGER_SCHEMA_EDITOR = False
"""pgtrigger's schema editor would replace the one of django-tenants; our triggers move with migrations only."""

MIDDLEWARE = [
    "portal.runtime.health.HealthMiddleware",
    "portal.runtime.metrics.MetricsMiddleware",
    "marketplace.activation.agents.bounds.gate.AgentGateMiddleware",  # before any connection of the database is taken
    "django.middleware.security.SecurityMiddleware",
    "portal.web.middleware.PolicyMiddleware",  # both also for the pages of hosts that are closed or unknown
    "portal.web.middleware.PrivacyMiddleware",
    "portal.web.middleware.RefusedMiddleware",
    "tenants.middleware.ProvinceMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.signin.returning.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "portal.accounts.middleware.OrganisationMiddleware",
    "portal.web.middleware.RefusalMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.web.middleware.RequestLogMiddleware",
]

# Database --------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **env.database("DATABASE_URL", "postgres://suanli@%2Ftmp/suanli"),
        "ENGINE": "tenants.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"SERIALIZE": False},
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 0, most=500)
"""Most connections one process keeps open; 0 means one connection per thread, kept between requests."""
if DATABASE_POOL_SIZE:
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": min(4, DATABASE_POOL_SIZE),
        "max_size": DATABASE_POOL_SIZE,
        "timeout": 5,  # who waits longer is told to come back, before threads run out too
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 600
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People ----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "portal.accounts.backends.RoleBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "portal.accounts.signin.passwords.PasswordRules"}]
LOGIN_URL = f"{PORTAL_URL}/accounts/login/"
LOGIN_REDIRECT_URL = f"{PORTAL_URL}/"
LOGOUT_REDIRECT_URL = f"{PORTAL_URL}/"
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
ACCOUNT_ADAPTER = "portal.accounts.signin.adapters.AccountAdapter"
MFA_ADAPTER = "portal.accounts.signin.adapters.MFAAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.accounts.forms.SignupForm"
ACCOUNT_FORMS = {"signup": "portal.accounts.signin.signup.SignupForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,30/m/ip", "signup": "20/m/ip", "reset_password": "5/h/key,20/m/ip"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PORTAL_SCHEME
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PORTAL_SCHEME == "http"
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = SITE_NAME["en"]
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_COOKIE_DOMAIN = PARENT_DOMAIN
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PORTAL_SCHEME == "https"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_DOMAIN = PARENT_DOMAIN
CSRF_FAILURE_VIEW = "portal.web.errors.csrf_failure"

# Pages -----------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FORM_RENDERER = "portal.web.forms.PortalRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.web.context.site",
            ],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [
            SELF,
            f"{PORTAL_SCHEME}://{PARENT_DOMAIN}{PORT_SUFFIX}",
            f"{PORTAL_SCHEME}://*.{PARENT_DOMAIN}{PORT_SUFFIX}",
        ],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if PORTAL_SCHEME == "https":
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Mail ------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", f"noreply@{PARENT_DOMAIN}")
OBJECTIONS_EMAIL = env.text("OBJECTIONS_EMAIL", f"objections@{PARENT_DOMAIN}")
"""Where those write who object to what staff did; it stands in pages and e-mails."""
TRANSFERS_TO = {
    "payee": env.text("TRANSFER_PAYEE", "算力门户（示例）" if SAMPLE_WORLD else ""),
    "bank": env.text("TRANSFER_BANK", "示例银行北京分行" if SAMPLE_WORLD else ""),
    "account": env.text("TRANSFER_ACCOUNT", "0000 0000 0000 0000 000" if SAMPLE_WORLD else ""),
}
"""Account to which buyers transfer money, as their wallets name it."""
if env.text("EMAIL_URL", ""):
    vars().update(env.mail("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 10
"""Seconds for each answer of the mail server."""

# API -------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.api.authentication.KeyAuthentication",
        "portal.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.bodies.JSONParser"],
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a name like any other
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "portal.api.pagination.CursorPagination",
    "DEFAULT_THROTTLE_CLASSES": [
        "portal.api.throttling.VisitorThrottle",
        "portal.api.throttling.MemberThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "visitor": env.rate("API_RATE_VISITOR", "120/min"),
        "member": env.rate("API_RATE_MEMBER", "1200/min"),
        "quote": env.rate("API_RATE_QUOTE", "60/min"),
        "import": env.rate("API_RATE_IMPORT", "20/min"),
        "agent": env.rate("API_RATE_AGENT", "1200/min"),
        "agent_usage": env.rate("API_RATE_AGENT_USAGE", "60/hour"),
        "enrolment": env.rate("API_RATE_ENROLMENT", "60/min"),
    },
    "EXCEPTION_HANDLER": "portal.api.problems.handle",
    "NUM_PROXIES": PROXIES,
    "PAGE_SIZE": 20,
}
RATE_INVITATION = env.rate("RATE_INVITATION", "30/hour")
"""E-mails to addresses that one person types in."""
SPECTACULAR_SETTINGS = {
    "TITLE": "Suanli Portal API",
    "DESCRIPTION": "Catalogue and register, quotes, purchases, orders, credentials, wallet and supply of the portal.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "CardState": "marketplace.catalog.models.CardState",
        "OfferState": "marketplace.catalog.models.OfferState",
        "PoolMode": "marketplace.catalog.models.PoolMode",
        "PurchaseMode": "portal.directory.models.PurchaseMode",
    },
}

# Jobs ------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", broker.EMBEDDED)
if CELERY_BROKER_URL == broker.EMBEDDED:
    CELERY_BROKER_TRANSPORT_OPTIONS = broker.transport_options(DATABASES["default"])
else:  # a broker that is down costs the act a second, not six: the sweeper sends again
    CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0.2}
CELERY_BROKER_POOL_LIMIT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_QUEUES = broker.QUEUES
CELERY_TASK_ROUTES = {"activation.probe": {"queue": broker.PROBES}}
"""Probes wait for strangers' servers; nothing that a buyer waits for stands behind them."""
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # a control queue per worker would stay behind a killed one
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
LINK_CHECK_SECONDS = env.number("LINK_CHECK_SECONDS", 30, least=1, most=600)
"""How often every province's link is looked at."""
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
    for name, seconds in {
        "outbox.sweep": 5.0,
        "onboarding.watch": 15.0,
        "settlement.end_due": 15.0,
        "activation.watch": 30.0,
        "directory.watch_stock": 30.0,
        "directory.watch_offers": 3600.0,
        "history.seal": 60.0,
        "orders.expire_holds": 60.0,
        "orders.warn_of_ends": 60.0,
        "overview.check_links": float(LINK_CHECK_SECONDS),
        "catalog.forget_uploads": 3600.0,
        "settlement.capture_running": 3600.0,
        "activation.keep_records": 3600.0,
        "accounts.forget": 86400.0,
    }.items()
}

# Trading rules ----------------------------------------------------------------
WORKSPACE_NETWORKS = ["127.0.0.0/8", "::1/128"] if SAMPLE_WORLD else []
"""Networks besides the public internet where workspaces of every province may answer; a province lists its own."""
STOCK_FRESH_FOR = timedelta(seconds=60)
AGENT_POLLS = env.number("AGENT_POLLS", 80, least=1, most=10_000)
"""Polls of agents that wait at once in one web process; more are put off for some seconds."""
AGENT_REQUESTS = AGENT_POLLS + 16
"""Requests of agents that one web process works on at once, those that wait included: fewer than its threads."""
AGENT_CONNECTIONS = 2
"""Connections that a process with a pool keeps for agents alone, beside `DATABASE_POOL_SIZE`."""
IDENTIFIER_VALID_FOR = timedelta(hours=env.number("IDENTIFIER_VALID_HOURS", 24, least=1))
"""An identifier expires so long after the last report that fits the register."""
LINK_SILENT_AFTER = timedelta(seconds=env.number("LINK_SILENT_AFTER_SECONDS", 3600, least=60))
"""A province without any report for so long counts as silent, not only as late."""
ALARM_AFTER = timedelta(seconds=env.number("ALARM_AFTER_SECONDS", 60, least=1, most=3600))
"""So long a link is in trouble before an alarm is raised, and well before it is closed: a short break raises none."""
QUOTE_VALID_FOR = timedelta(minutes=30)
HOLD_FOR = timedelta(hours=2)
GRACE_AT_END = timedelta(minutes=30)
CREDENTIAL_SHOWN_FOR = timedelta(seconds=30)
TOP_UP_FOUR_EYES_U = env.number("TOP_UP_FOUR_EYES_YUAN", 100_000) * 1_000_000
"""Most that one finance officer books alone on a day of Beijing, for one organisation and in all, micro-yuan."""
PLATFORM_FEE_PER_MILLE = env.number("PLATFORM_FEE_PER_MILLE", 0, most=200)

# Applications of providers ----------------------------------------------------------------------
PUBLIC_NOTICE_FOR = timedelta(
    seconds=env.number("PUBLIC_NOTICE_SECONDS", 120 if SAMPLE_WORLD else 5 * 24 * 3600, least=1, most=60 * 24 * 3600)
)
"""How long anybody may object to an approval before the applicant becomes a provider."""
CLAMD_SOCKET = env.text("CLAMD_SOCKET", "")
"""Unix socket of clamd; empty means uploads are not scanned and stay in quarantine, where staff see why."""

# Only sign-in uses it: its limits and its used codes must hold for every web process and machine.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}}

# Watching it: logs and metrics ------------------------------------------------------------------
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
"""Who brings it reads `/metrics`; empty: there is no such door."""
LOG_LEVEL = env.one_of("LOG_LEVEL", "info", ["debug", "info", "warning", "error"])
LOG_FORMAT = env.one_of("LOG_FORMAT", "text", ["text", "json"])
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
"""The proxy knows who visited; what it passes on anybody could have written."""
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
"""Asked for by LOG_LEVEL=debug only: the line of the answer names the request too."""
LOGGING = logs.for_the_standard_library(LOG_FORMAT, LOG_LEVEL)
logs.configure(LOG_FORMAT, LOG_LEVEL)
