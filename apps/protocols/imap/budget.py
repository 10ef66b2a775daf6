"""How much all sessions of a process may hold in literals at once, so that many large ones cannot exhaust it."""


class Budget:
    """Bytes that are lent to sessions and come back; whoever asks when all are lent is told to come later."""

    def __init__(self, total: int) -> None:
        self._total = total
        self.lent = 0

    def take(self, size: int) -> bool:
        """Lend bytes, if there are so many; to a first one always, or a message above the total never came in."""
        if self.lent and self.lent + size > self._total:
            return False
        self.lent += size
        return True

    def give_back(self, size: int) -> None:
        """Take bytes back."""
        self.lent -= size
