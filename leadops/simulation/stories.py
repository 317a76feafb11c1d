"""The scene that `./run` shows: what lies in the queues of Ana, Ben and Dov just now, and the states that chance alone might leave out.

Each line is one person's story. `h`, `m` and `d` are times before now.
"""

# fmt: off
from datetime import timedelta

from leadops.simulation.people import Person, domain_of
from leadops.simulation.tale import Tale
from leadops.simulation.world import World


def h(hours: float) -> timedelta:
    return timedelta(hours=hours)


def m(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


def d(days: float) -> timedelta:
    return timedelta(days=days)


def tell(world: World) -> None:
    """Tell all stories."""
    past_limit_and_late(world)
    asked_for_us(world)
    planned(world)
    new_ones(world)
    held_and_kept(world)
    of_colleagues(world)
    qualified(world)
    customers(world)
    rare(world)


def tale(world: World, name: str, title: str, company: str, country: str, phone: str = "", rep: str = "ana") -> Tale:
    """Begin somebody's story."""
    first, last = name.split(" ", 1)
    domain = domain_of(company)
    world.maker.reserved.add(domain)
    email = world.maker.address(first, last, domain)
    return Tale(world, Person(first, last, company, email, title, phone, domain, country), rep)


DE, UK, US, SE, FR = "+49 30 23125 {}", "+44 20 7946 0{}", "+1 303 555 0{}", "+46 70 174 06 {}", "+33 6 39 98 {}"


def past_limit_and_late(world: World) -> None:
    """Ana: one past its limit, two past the target, three at risk."""
    (tale(world, "Jonas Weber", "Head of Operations", "Kettler Maschinenbau", "Germany", DE.format(114), "ben")
        .asked(h(27.4), "call", "We plan 40 engineers in a spreadsheet. Please call before noon.", "Paid search")
        .given(h(2.9), "ana", by="cleo", note="Ben is in training. Please call today, it is past its limit."))
    tale(world, "Priya Raman", "Operations Director", "Alderbrook Foods", "United Kingdom", UK.format(318)).asked(
        m(158), "demo", "We lose orders between two shifts. Can I see how hand-offs work in your tool?")
    tale(world, "Mathieu Garnier", "IT Manager", "Valmont Transports", "France", FR.format("41 07")).read(
        h(5.4), "Webinar", campaign="Field work without paper")
    (tale(world, "Marta Lind", "Head of Operations", "Nordlicht Energi", "Norway")
        .asked(d(162), "demo", "Is there a version for utilities?")
        .touched(d(161), "email", "sent", "Sent the two-page overview.")
        .touched(d(158), "call", "interested", "Board froze new tools till autumn. She wants it.")
        .ended(d(158) - m(20), "budget_later", "Board froze new tools till autumn.")
        .raised(m(108), "demo", "We replace our field planning tool in the first quarter. Can it handle 12,000 meters?", "ana"))
    tale(world, "Samuel Adeyemi", "VP Sales", "Keystone Freight", "United States", US.format(142)).asked(
        m(93), "demo", "Four of us use the trial. What does it cost for the whole depot?", "Paid search", campaign="Competitor names")
    tale(world, "Claire Dumont", "Managing Director", "Briand Ateliers", "France", FR.format("12 90")).asked(
        m(101), "demo", "Two sites, 85 people. I would like a demo for three colleagues and me.")


def asked_for_us(world: World) -> None:
    """Ana: people in work who answered or asked for us a moment ago, in their own words."""
    (tale(world, "Tomás Oliveira", "Digital Lead", "Casa Verde Retalho", "Portugal")
        .read(d(6), "Whitepaper")
        .touched(d(5.9), "email", "sent", "Sent prices for three sizes.", then=d(-4), by_channel="email")
        .touched(d(4), "email", "sent", "One question: who plans the week there?", then=d(1), by_channel="email")
        .answered(m(8), "Can you call me Thursday after two?"))
    (tale(world, "Ingrid Solheim", "Head of Customer Service", "Fjord Bank", "Norway")
        .asked(d(9), "chat", "Do you have customers in banking?", "Referral", campaign="Customers")
        .touched(d(8.9), "email", "interested", "Compares us with two others. Decision by end of quarter.",
            then=d(2), what="Ask who else decides")
        .answered(m(52), "Send me what it costs for 40 people."))
    (tale(world, "Owen Hughes", "Field Service Manager", "Brecon Water", "United Kingdom", UK.format(771))
        .pulled(d(12)).touched(d(11.8), "call", "voicemail", then=d(-10)).touched(d(10), "social", "sent", then=d(-7))
        .touched(d(7), "call", "interested", "Eleven planners, two sites. Breaks every Monday.",
            then=d(1), what="Call about the case study")
        .raised(m(14), "chat", "We want to start before the winter. Can I talk to someone about your API limits today?"))
    (tale(world, "Noor Haddad", "Chief Operating Officer", "Cedar Clinics", "Australia", "+61 2 5550 0127")
        .read(d(70), "Webinar").touched(d(69), "call", "not_interested", "Not before the new site opens.")
        .ended(d(69) - m(9), "no_for_now")
        .raised(m(23), "demo", "The new site opens in May. Now is the time: demo for three?", "ana"))


def planned(world: World) -> None:
    """Ana: follow-ups that are due, that are due later, and leads without a next step."""
    (tale(world, "Rashid Karimov", "Finance Director", "Silk Road Tyres", "India")
        .asked(d(16), "call", "Please call back.")
        .touched(d(15.9), "call", "call_back", "Budget meeting next week.", then=d(-9))
        .touched(d(8), "call", "interested", "Wants numbers before the budget meeting.",
            then=h(-2.1), what="Call: the budget meeting was yesterday"))
    (tale(world, "Beatriz Santos", "Operations Manager", "Porto Alto Têxtil", "Portugal")
        .read(d(11))
        .touched(d(10.9), "email", "sent", "Wrote about the case study in their trade.", then=d(-6), by_channel="email")
        .touched(d(5), "email", "sent", "", then=h(-1.2), what="Opened our mail, no answer. Ask once more", by_channel="email"))
    (tale(world, "Kenji Mori", "Supply Chain Manager", "Hoshi Logistics", "Japan")
        .read(d(7), "Webinar", campaign="Planning under pressure").touched(d(6.9), "email", "sent", then=d(-4))
        .touched(d(4), "email", "sent", "Second mail, shorter.", then=m(-25), what="Third try, by social", by_channel="social"))
    (tale(world, "Hanna Virtanen", "Project Manager", "Aalto Timber", "Finland")
        .read(d(5), "Trade show", campaign="Utility Forum")
        .touched(d(4.9), "email", "interested", "Said: call after lunch.", then=h(2), what="Call after lunch", by_channel="call"))
    (tale(world, "Lucía Prieto", "Procurement Lead", "Sierra Solar", "Spain")
        .read(d(4))
        .touched(d(3.9), "email", "interested", "Wants to see the mobile part first.",
            then=h(3.5), what="Send the mobile video", by_channel="email"))
    (tale(world, "Rory Pemberton", "Digital Lead", "Northgate Insurance", "United Kingdom", UK.format(402))
        .asked(d(3), "demo", "Demo for a team of six, ideally this week.")
        .touched(d(2.9), "call", "no_answer", "Rang out twice.", then=h(1), by_channel="call"))
    (tale(world, "Lachlan Mackenzie", "Team Lead Support", "Billabong Mining", "Australia", "+61 2 5550 0288")
        .read(d(10)).touched(d(9.8), "call", "interested", "Knows us from a former job. Must convince IT."))
    (tale(world, "Vikram Bhatt", "Business Analyst", "Deccan Pharma", "India")
        .pulled(d(8)).touched(d(7.7), "email", "interested", "Asks about single sign-on."))


def new_ones(world: World) -> None:
    """Ana: assigned a moment ago and on track, and pulled this hour."""
    tale(world, "Yann Rolland", "Head of Marketing", "Rivage Cosmétique", "France", FR.format("55 31")).asked(
        m(12), "demo", "We saw you at a partner's. Could somebody show us, ideally this week?", "Referral", campaign="Partners")
    tale(world, "Harriet Lockwood", "Office Manager", "Thistledown Housing", "United Kingdom", UK.format(655)).read(m(64), "Webinar")
    tale(world, "Aoife Gallagher", "Sales Director", "Ardmore Dairy", "Ireland", "+353 20 913 4410").read(m(47), "Whitepaper")
    tale(world, "Piotr Zieliński", "Head of Operations", "Wisla Cold Chain", "Poland").pulled(m(21), "Cold list")
    tale(world, "Amara Okello", "Managing Director", "Savanna Health", "Kenya").pulled(m(20), "Cold list")


def held_and_kept(world: World) -> None:
    """Ana: exceptions asked and granted, leads kept for later, a channel that is closed, mentions."""
    (tale(world, "Marek Kaczmarek", "Chief Information Officer", "Mazury Transport", "Poland")
        .asked(d(5), "demo", "Our lawyers have questions first.")
        .touched(d(4.9), "email", "interested", "Legal wants the data contract first.", then=d(4), what="Ask whether legal is done")
        .excepted(d(4), "legal", d(9)))
    (tale(world, "Sofia Dahl", "Procurement Lead", "Vinterhamn Pumpar", "Sweden", SE.format("31"))
        .read(d(13))
        .touched(d(12.9), "call", "interested", "A partner registered them first, says she.", then=d(6), what="Ask the partner")
        .excepted(d(12), "partner", d(5), granted=d(11)))
    (tale(world, "Fiona Hale", "Operations Manager", "Marchbank Retail", "United Kingdom", UK.format(219))
        .asked(d(20), "call", "Can you call me?")
        .touched(d(19.9), "call", "call_back", "Back from parental leave soon.")
        .kept(d(19.8), d(2), "Back from parental leave"))
    (tale(world, "Hedda Wallin", "Founder", "Granlid Möbler", "Sweden", SE.format("62"))
        .read(d(9))
        .touched(d(8.8), "call", "call_back", "Please no more calls, mail is fine.", then=d(3), by_channel="email")
        .stopped(d(8.7), "call"))
    (tale(world, "Graham Sinclair", "VP Sales", "Pennine Labs", "United Kingdom", UK.format(903), rep="ben")
        .asked(d(4), "demo", "Does it talk to SAP?")
        .touched(d(3.8), "call", "interested", "Talks to two of our colleagues already.", then=d(1), what="Sort out who talks to them"))
    (tale(world, "Denise Castillo", "Head of Customer Service", "Redwood Outfitters", "United States", US.format(117))
        .asked(d(7), "demo", "Demo for three.")
        .touched(d(6.8), "call", "interested", "Uses a competitor until June.", then=d(2), what="Send the switch plan")
        .noted(h(4), "@cleo they want a word with a reference in retail. Whom can we ask?")
        .noted(h(3), "@ana Marchbank Retail knows them, I asked. Call me before you write.", by="cleo"))


def of_colleagues(world: World) -> None:
    """Ben and Dov: a smaller day of the same kinds."""
    (tale(world, "Tobias Hartmann", "Managing Director", "Rheintal Logistik", "Germany", DE.format(230))
        .asked(h(28.2), "demo", "Our contract ends in three months. What would a switch look like?")
        .given(h(3.1), "ben", by="cleo", note="Ana has too many today."))
    tale(world, "Imogen Ashdown", "Digital Lead", "Wexcombe Textiles", "United Kingdom", UK.format(511), "ben").asked(
        h(3.2), "demo", "I need something that our drivers can use on the phone.")
    tale(world, "Ellen Monroe", "VP Sales", "Granite Analytics", "United States", US.format(160), "ben").read(m(140), "Webinar")
    tale(world, "Amélie Caron", "Finance Director", "Montclair Santé", "France", FR.format("77 02"), "ben").asked(
        m(6), "chat", "We hit the limit of the free plan, what now?", "Paid search")
    (tale(world, "Conor Nolan", "IT Manager", "Shannon Networks", "Ireland", "+353 20 917 2026", "ben")
        .read(d(8)).touched(d(7.9), "email", "sent", then=d(-5)).touched(d(5), "email", "sent", then=d(1))
        .answered(m(31), "Yes, let us talk. Mornings are best."))
    (tale(world, "Sanne de Vries", "Head of Operations", "Waterlijn Logistiek", "Netherlands", "", "ben")
        .read(d(6))
        .touched(d(5.8), "email", "interested", "Forty people, one spreadsheet.",
            then=h(-1.5), what="Send the price for 40 people", by_channel="email"))
    (tale(world, "Emil Nyberg", "Founder", "Sundby Teknik", "Sweden", SE.format("48"), "ben")
        .pulled(d(5)).touched(d(4.8), "call", "interested", "Likes it. Asks about the move of old data."))
    tale(world, "Daan Mulder", "Supply Chain Manager", "Polderland Zuivel", "Netherlands", "", "ben").pulled(m(33))
    tale(world, "Hector Ruiz", "Operations Manager", "Prairie Roofing", "United States", US.format(133), "dov").asked(
        h(4.1), "call", "Please call me back, I am in the truck.", "Paid search")
    (tale(world, "Nuria Navarro", "Head of Marketing", "Alameda Viajes", "Spain", "", "dov")
        .read(d(5)).touched(d(4.8), "email", "sent", then=h(-0.6), by_channel="email", what="Ask once more")
        .answered(m(75), "Could you send something I can show my manager?"))
    tale(world, "Declan Byrne", "Founder", "Clew Leisure", "Ireland", "+353 20 915 8001", "dov").asked(
        m(19), "demo", "Interested in a demo. We are two sites.")


def qualified(world: World) -> None:
    """Sales of Eva and Finn in every stage, and one of their customers-to-be who asks for something."""
    sold = (
        ("Katharina Vogel", "Head of Operations", "Hansewerk Energie", "Germany", DE.format(406), "ana", "eva", 32_000, 48, 5),
        ("Callum Doyle", "IT Manager", "Harrowmill Freight", "United Kingdom", UK.format(120), "ben", "finn", 18_500, 41, 4),
        ("Brianna Whitfield", "Sales Director", "Lakeshore Dental", "United States", US.format(104), "dov", "eva", 8_400, 35, 3),
        ("Anouk Hoekstra", "Project Manager", "Havenkade Bloemen", "Netherlands", "", "ana", "finn", 12_001, 29, 3),
        ("Oskar Lindqvist", "Chief Operating Officer", "Norrvik Frakt", "Sweden", SE.format("77"), "ben", "eva", 64_000, 24, 3),
        ("Pascal Mercier", "Managing Director", "Hautpré Vignobles", "France", FR.format("20 18"), "dov", "finn", 3_601, 20, 2),
        ("Zara Mistry", "VP Sales", "Northgate Retail", "United Kingdom", UK.format(587), "ana", "eva", 32_001, 15, 2),
        ("Henning Pohl", "Field Service Manager", "Neumark Bau", "Germany", DE.format(655), "ben", "finn", 18_500, 12, 2),
    )
    for name, title, company, country, phone, rep, closer, amount, age, stage in sold:
        told = (
            tale(world, name, title, company, country, phone, rep)
            .asked(d(age), "demo", "I would like to see how you do it.")
            .touched(d(age - 0.1), "call", "interested", "Decision by end of quarter.")
            .booked(d(age - 0.2), closer, amount, -d(age - 4))
        )
        for order in range(2, stage + 1):
            told.advanced(d(age - 3 * order + 1.5), closer, order)
        if name == "Zara Mistry":
            told.raised(m(44), "call", "Quick question before Friday: can our finance people have their own view?")
    for name, rep, closer, ahead in (("Bastien Fontaine", "ana", "eva", d(1.1)), ("Thijs Bakker", "ben", "finn", d(2.2))):
        (tale(world, name, "Operations Manager", f"{name.split()[1]} Conseil", "France", "", rep)
            .asked(d(4), "demo", "Please show us the planning board.")
            .touched(d(3.8), "email", "interested", "Will bring the head of finance.")
            .meets(d(3.7), closer, 8_400, ahead))
    for name, company, rep, closer, behind in (
        ("Denise Holloway", "Summit Outfitters", "ana", "eva", h(2.5)), ("Katharina Engel", "Neumark Versand", "ana", "eva", h(27)),
        ("Oskar Vinter", "Vinter Logistik", "ben", "finn", h(26)),
    ):
        (tale(world, name, "Head of Operations", company, "Germany", "", rep)
            .asked(d(6), "demo", "Can we see it with our own orders?")
            .touched(d(5.8), "call", "interested", "Has a budget for this year.")
            .meets(d(5.7), closer, 18_500, -behind))


def customers(world: World) -> None:
    """Carl: customers that he has, one that waits for his word, one past its day, one that he sent back as oversold; and one who asks."""
    won = (
        ("Wiebke Asmussen", "Head of Operations", "Fehmarn Logistik", "Germany", "ana", "eva", 24_000, 62, 40, d(98)),
        ("Declan Byrne", "Operations Director", "Shannon Couriers", "Ireland", "ben", "finn", 18_501, 51, 22, d(343)),
        ("Marit Haugen", "Chief Operating Officer", "Lofoten Fisk", "Norway", "dov", "eva", 41_000, 44, 6, d(359)),
        ("Giulia Ferrero", "Supply Chain Manager", "Ferrero Trasporti", "Italy", "ana", "eva", 15_000, 38, 1.3, d(364)),
        ("Robin Achterberg", "Managing Director", "Achterberg Koel", "Netherlands", "ben", "finn", 12_000, 33, 0.15, d(365)),
    )
    told = {}
    for name, title, company, country, rep, closer, amount, age, closed, ends in won:
        one = (
            tale(world, name, title, company, country, "", rep)
            .asked(d(age), "demo", "We want to replace what we have this year.")
            .touched(d(age - 0.1), "call", "interested", "The head of finance is with it.")
            .booked(d(age - 0.2), closer, amount, -d(age - 4))
        )
        for order in range(2, 6):
            one.advanced(d(closed + (age - closed) * (6 - order) / 6), closer, order)
        told[name] = one.won(d(closed), closer, ends)
    told["Wiebke Asmussen"].taken_on(d(39.8))
    told["Declan Byrne"].taken_on(d(19.4))  # a day late
    told["Marit Haugen"].sent_back(d(5.6), "oversold", "They were told that it plans their ferries. It does not.")
    told["Wiebke Asmussen"].raised(h(1.5), "call", "Eleven more people shall work with it. What changes for us?", "carl")


def rare(world: World) -> None:
    """One of each that chance might leave out. Two are never touched again, and the sweeps give up on them."""
    (tale(world, "Wanjiru Kamau", "Team Lead Support", "Rift Valley Logistics", "Kenya")
        .read(d(9)).touched(d(8.8), "email", "sent").ended(d(7), "unresponsive").taken_back(d(6.6))
        .touched(d(6.5), "email", "sent", then=d(2)))
    (tale(world, "Stefan Lorenz", "IT Manager", "Oberland Versand", "Germany", DE.format(777))
        .read(d(3)).touched(d(2.8), "call", "interested").withdrew()
        .touched(d(2.7), "call", "voicemail", "Wrong button before, that was the next one.", then=d(1)))
    tale(world, "Marcus Baxter", "Founder", "Summit Payments", "United States", US.format(151)).pulled(d(10)).given_back(d(9.9))
    (tale(world, "Nadia Iqbal", "Business Analyst", "Alderbrook Labs", "United Kingdom", UK.format(333), "ben")
        .read(d(30)).ended(d(29), "incompatible", "Runs on a system from 1998 without any interface.")
        .given(d(12), "ben", by="cleo", note="They moved to a system we can work with.")
        .touched(d(11.5), "call", "interested", "New system since May.", then=d(1)))
    (tale(world, "Carla Thiel", "Student", "Lindau Software", "Germany", "", "ana")
        .asked(d(14), "demo", "For my thesis.").touched(d(13.8), "email", "not_interested")
        .ended(d(13.7), "not_a_prospect", "Writes a thesis about tools like ours.")
        .raised(h(5), "demo", "I start a job at a forwarder next week, may I see it again?"))
    (tale(world, "Gustav Holm", "Office Manager", "Ljusdal Livs", "Sweden", SE.format("15"))
        .read(d(21)).touched(d(20.9), "call", "not_interested", "Angry about the third mail of marketing.")
        .stopped(d(20.8)))
    tale(world, "Moritz Seidel", "Head of Marketing", "Elbufer Feinkost", "Germany").read(d(55))
    (tale(world, "Paige Boyd", "Digital Lead", "Bluebonnet Foods", "United States", US.format(109), "ben")
        .read(d(58)).touched(d(57), "call", "voicemail").touched(d(45), "email", "sent"))
    tale(world, "Aisha Okafor", "Operations Manager", "Brecon Insurance", "United Kingdom", UK.format(846)).signed_up(d(9), d(8))
    tale(world, "Joris Jansen", "Founder", "Zuiderzee Verzekeringen", "Netherlands").signed_up(d(3))
    (tale(world, "Kwame Prescott", "Head of Operations", "Thistledown Freight", "United Kingdom", UK.format(275))
        .signed_up(d(13), d(12)).handed_over(m(55), "five_users"))
    (tale(world, "Elsa Ek", "Founder", "Granlid Bank", "Sweden", SE.format("90"), "ben")
        .asked(d(12), "chat", "Is there a plan for fewer than ten people?")
        .touched(d(11.9), "email", "interested").self_serve(d(11.8)))
    (tale(world, "Dale Farrow", "Finance Director", "Harbor Clinics", "United States", US.format(171), "dov")
        .asked(d(25), "demo", "Demo?").touched(d(24.8), "call", "interested", "One van, no plans to grow.")
        .ended(d(24.7), "too_small", size="1"))
    (tale(world, "Sindre Moen", "VP Sales", "Vestkyst Shipping", "Norway", "", "dov")
        .pulled(d(15)).touched(d(14.8), "email", "interested", "New head of operations starts next month.")
        .kept(d(14.7), d(24), "New head of operations starts"))
    (tale(world, "Silje Bakken", "Procurement Lead", "Polarsirkel Kraft", "Norway", "", "dov")
        .asked(d(6), "demo", "Demo, please.").given(d(5.5), "ana", by="nora", note="Speaks the language.")
        .touched(d(5.2), "email", "sent", then=d(1)))
