"""How text looks in an element: whether a reader sees it, and why not."""

from .styles import BLACK, FAINT, NEAR, NORMAL_SIZE, TINY, TRANSPARENT, WHITE, Colour, Style, difference


class State:
    """How text looks in an element; `why` it is not seen, or ''."""

    __slots__ = ("background", "colour", "gone", "is_faint", "size", "visible", "why")

    def __init__(
        self, gone: str, size: float, colour: Colour | str, background: Colour | str, *, visible: bool
    ) -> None:
        self.gone, self.visible, self.size = gone, visible, size
        self.colour, self.background = colour, background
        self.is_faint = False
        self.why = gone
        if gone:
            return
        if not visible:
            self.why = "visibility"
        elif size < TINY:
            self.why = "size"
        elif colour == TRANSPARENT:
            self.why = "colour"
        elif isinstance(colour, tuple) and isinstance(background, tuple):
            distance = difference(colour, background)
            self.why = "colour" if distance <= NEAR else ""
            self.is_faint = NEAR < distance <= FAINT

    def within(self, style: Style) -> "State":
        """Return how text looks in an element of that style in this one."""
        size = self.size
        if style.size is not None:
            size = size * style.size if style.is_relative else style.size
        return State(
            self.gone or style.gone or "",
            size,
            self.colour if style.colour is None else style.colour,
            self.background
            if style.background is None or style.background == TRANSPARENT
            else style.background,
            visible=self.visible if style.visible is None else style.visible,
        )


START = State("", NORMAL_SIZE, BLACK, WHITE, visible=True)
