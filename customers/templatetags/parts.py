"""Parts of a page that higher apps registered: drawn within the page, with its request and its token."""

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def part(context: Context, name: str, values: dict[str, Any]) -> SafeString:
    """The template `name` with `values` beside what the page knows; `{% include %}` cannot spread a dict."""
    assert context.template is not None
    with context.push(**values):
        return context.template.engine.get_template(name).render(context)
