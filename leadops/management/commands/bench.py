"""`./run bench`: measure, on scratch databases, and print the figures beside what was asked for."""

from django.core.management.base import BaseCommand

from leadops.benches import abandoning, house, importing, reporting, responding

LEADS = 1_000_000


class Command(BaseCommand):
    help = "Measure how fast the house is; or, named, one thing more closely. Works on databases of its own."

    def add_arguments(self, parser):
        parser.add_argument("--leads", type=int, default=LEADS, help="that the database holds")
        parser.add_argument("--json", metavar="FILE", help="write the figures there too")
        benches = parser.add_subparsers(dest="bench")
        bench = benches.add_parser("import", help="a file of leads, into an empty database and into a full one")
        bench.add_argument("--rows", type=int, default=50_000)
        bench.add_argument(
            "--leads", type=int, default=LEADS, help="that the full database holds; 0: only the empty one"
        )

        bench = benches.add_parser("abandon", help="auto-abandon of many at once, beside one SQL statement")
        bench.add_argument("--due", type=int, default=10_000)
        bench.add_argument("--leads", type=int, default=LEADS, help="that the database holds")

        bench = benches.add_parser("response", help="routing, and the sweep of the clocks beside one SQL statement")
        bench.add_argument("--due", type=int, default=10_000)
        bench.add_argument("--leads", type=int, default=LEADS, help="that the database holds")

        bench = benches.add_parser("reports", help="reports over half a year, and the first page, beside SQL by hand")
        bench.add_argument("--leads", type=int, default=LEADS, help="rounds that the database holds")

    def handle(self, *, bench, leads, json, **options):
        if bench == "abandon":
            abandoning.main(self.stdout.write, leads, options["due"])
        elif bench == "response":
            responding.main(self.stdout.write, leads, options["due"])
        elif bench == "reports":
            reporting.main(self.stdout.write, leads)
        elif bench == "import":
            importing.main(self.stdout.write, options["rows"], leads)
        else:
            house.main(self.stdout.write, leads, json)
