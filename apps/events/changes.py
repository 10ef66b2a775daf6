"""What is said when something changed: hints, never truth."""

from dataclasses import dataclass

CHANNELS = 64


@dataclass(frozen=True, slots=True)
class Change:
    """Mailbox `mailbox_id`, folder `folder_id`, now at `modseq`; folder 0 means the list of folders."""

    mailbox_id: int
    folder_id: int
    modseq: int

    @property
    def channel(self) -> str:
        """The channel it travels on."""
        return f"changes:{self.mailbox_id % CHANNELS}"

    def encode(self) -> bytes:
        """Return the change as it travels."""
        return b"%d %d %d" % (self.mailbox_id, self.folder_id, self.modseq)

    @classmethod
    def decode(cls, data: bytes) -> "Change | None":
        """Read a change; None for anything else, for a hint may be dropped."""
        try:
            mailbox_id, folder_id, modseq = map(int, data.split())
        except ValueError:
            return None
        return cls(mailbox_id, folder_id, modseq)
