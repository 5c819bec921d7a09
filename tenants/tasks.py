"""Tasks that run in a province."""

from typing import Any

from celery import Task

from tenants.context import PUBLIC, in_province


class ProvinceTask(Task):  # type: ignore[misc]
    """A task whose first argument is the schema it runs in; it refuses to run on `public`."""

    abstract = True
    acks_late = True
    ignore_result = True

    def __call__(self, schema: str, *args: Any, **kwargs: Any) -> Any:
        if not schema or schema == PUBLIC:
            raise ValueError(f"{self.name} needs a province; it got {schema!r}.")
        with in_province(schema):
            return super().__call__(schema, *args, **kwargs)
