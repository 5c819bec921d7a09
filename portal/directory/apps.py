from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "portal.directory"
    label = "directory"

    def ready(self) -> None:
        from portal.directory.identifiers.issuing import cancel_others
        from portal.directory.index.actions import take_off_lists, take_off_notices
        from tenants import hooks

        hooks.at_closing(take_off_lists)
        hooks.at_closing(take_off_notices)
        hooks.at_closing(cancel_others)
