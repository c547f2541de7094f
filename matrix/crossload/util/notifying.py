"""Sends an answer to people, by mail or chat, through apprise."""

from collections.abc import Sequence

from crossload.errors import SelectionError


def send_text(title: str, body: str, is_bad: bool, addresses: Sequence[str]) -> None:
    """Send Markdown to addresses such as ``mailto://…`` or ``slack://…``.

    :raises SelectionError: an address is not understood, or nothing could be sent.
    """
    import apprise  # an extra of its own: most runs notify nobody

    sender = apprise.Apprise()
    for address in addresses:
        if not sender.add(address):
            raise SelectionError(f"--notify: {address.partition('://')[0]}://… is not an address that apprise knows.")
    kind = apprise.NotifyType.FAILURE if is_bad else apprise.NotifyType.INFO
    if not sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.MARKDOWN, notify_type=kind):
        raise SelectionError("--notify: the notification could not be sent; see the lines above.")
