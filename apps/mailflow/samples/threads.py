"""Conversations: who answers whom, and what they say. A reply quotes the message before it."""

from dataclasses import dataclass

PEOPLE = {
    "alice": ("Alice Example", "alice@example.test"),
    "bob": ("Bob Baker", "bob@example.test"),
    "carol": ("Carol Chen", "carol@example.test"),
    "dave": ("Dave Diaz", "dave@example.test"),
    "erin": ("Erin O'Neil", "erin@example.org"),
    "frank": ("Frank Fischer", "frank@example.net"),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation: who wrote it, how many hours after the one before, and what."""

    who: str
    after: float
    text: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation that began so many days ago."""

    subject: str
    days: float
    turns: tuple[Turn, ...]


THREADS = (
    Thread(
        "Plan for the next quarter",
        9,
        (
            Turn("bob", 0, "Hi all,\n\nhere is my first draft of the plan. Three goals, in this order:\n\n"
                 "1. Answer every customer within a day.\n2. Move the archive to the new building.\n"
                 "3. Train two more people for the front desk.\n\nWhat is missing?"),
            Turn("carol", 3, "Looks good. I would swap 2 and 3: without more people nobody can carry boxes."),
            Turn("alice", 2, "Agreed with Carol. And can we say what \"answer\" means? An automatic reply is none."),
            Turn("bob", 20, "Good point. Changed to: a person has read it and written back."),
            Turn("dave", 1, "Do we have the budget for the training? I counted 3,200 for two people."),
            Turn("carol", 4, "We do, if we take the course in March."),
            Turn("alice", 30, "Then let us take March. I will book it."),
            Turn("bob", 1, "Wonderful, thank you. I consider the plan agreed."),
        ),
    ),
    Thread(
        "Lunch on Friday?",
        4,
        (
            Turn("dave", 0, "Who is in for lunch on Friday? I am thinking of the noodle place."),
            Turn("erin", 0.2, "Me!"),
            Turn("bob", 0.1, "Me too, but not before 12:30."),
            Turn("alice", 0.5, "12:30 is fine with me."),
            Turn("carol", 1, "The noodle place is closed until the end of the month. How about the Greek one?"),
            Turn("dave", 0.1, "Even better."),
            Turn("frank", 2, "May I bring a guest?"),
            Turn("dave", 0.1, "Of course. That makes seven. I will call them."),
            Turn("dave", 3, "Table is booked for 12:30, under my name."),
            Turn("erin", 18, "I have to cancel, sorry: the plumber comes."),
        ),
    ),
)  # fmt: skip
