"""What made-up people say and write: the leads on forms and in answers, the reps in notes and plans. Lists only."""

ASKED = {
    "demo": (
        "We replace our field planning tool in the first quarter. Can it handle 12,000 meters?",
        "Forty people plan their week in a spreadsheet here. I would like to see how you do it.",
        "Please show us how hand-offs between two teams work, that is where we lose people today.",
        "We saw you at a partner's. Could somebody show our team of six how it works, ideally this week?",
        "Our contract with the current vendor ends in three months. What would a switch look like?",
        "I need something that our drivers can use on the phone without a training.",
        "Does it talk to SAP? If so I want a demo for three colleagues and me.",
        "Interested in a demo. We are two sites, 85 people.",
    ),
    "chat": (
        "Is there a plan for fewer than ten people?",
        "Can I talk to someone about your API limits?",
        "We hit the limit of the free plan, what now?",
    ),
    "call": (
        "Please call me back before noon, I am in meetings after that.",
        "Can you call me Thursday after two?",
        "We talked last year. Now we have the budget.",
    ),
    "walk-in": (
        "Came to the stand with two colleagues, wants prices for 40 people.",
        "Talked for ten minutes at the fair; their renewal is in spring.",
    ),
}
REPLIES = (
    "Send me what it costs for 40 people.",
    "Thanks, that is interesting. Next week is better, Tuesday?",
    "Could you send something I can show my manager?",
    "I am the wrong one for this, but my colleague in operations should see it.",
    "Yes, let us talk. Mornings are best.",
    "What makes you different from what we have?",
    "We are in the middle of a move, please write again in a month.",
    "Does the price include support?",
)
NO_ANSWER = (
    "Rang out twice.",
    "Reception says she is in the warehouse until three.",
    "Mailbox full.",
    "Voicemail, said I would try tomorrow.",
    "",
    "",
    "",
)
SENT = (
    "Sent the two-page overview.",
    "Wrote about the case study in their trade.",
    "Short mail with one question: who plans the week there?",
    "Sent prices for three sizes.",
    "",
    "",
)
TALKED = (
    "Eleven planners, two sites. Spreadsheet today, breaks every Monday.",
    "Budget round is in October; wants numbers before that.",
    "Knows us from a former job, liked it. Must convince IT.",
    "Compares us with two others. Decision by end of quarter.",
    "Wants to see the mobile part first.",
    "Will bring the head of finance to the next call.",
    "Uses the trial with four people, asks about single sign-on.",
    "Their big worry is the move of old data.",
)
LATER = (
    "No budget before next year; be in touch in spring.",
    "They reorganise until summer.",
    "Signed with somebody else in March, two-year contract.",
    "Without the offline mode they cannot use it.",
    "The project belongs to a colleague who has talked to us already.",
    "Said no for now, friendly.",
)
NEVER = (
    "Writes a thesis about tools like ours.",
    "Wants to sell us something.",
    "Runs on a system from 1998 without any interface.",
    "The number is a pizza place.",
    "Bounced; colleague says she left in May.",
)
PLANS = (
    "Call about the case study",
    "Ask whether IT has looked at it",
    "Send the price for 40 people",
    "Call after the budget meeting",
    "Ask who else decides",
    "Remind of the trial",
    "Call, mornings only",
)
ASIDES = (
    "@{name} they mentioned you from the fair, anything I should know?",
    "Careful with the tone, they had a bad start with us two years ago. @{name} was there.",
    "@{name} same company as one of yours, shall we talk before I call?",
    "Nice person. Prefers mail to phone.",
    "Website says they just opened a third site.",
)
KEPT_FOR = ("Budget meeting", "Back from parental leave", "New head of operations starts", "Asked for a call then")
REOPENED = (
    "They moved to a system we can work with.",
    "New person in the role, asked the partner about us.",
    "Met the director; this is a real one.",
)
REASSIGNED = (
    "Speaks the language.",
    "Evening out before the holidays.",
    "Knows the trade.",
    "Same group as an account of theirs.",
)
CLEARED = "Wrote from the same address that mails are welcome again; mail is filed."
