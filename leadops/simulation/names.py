"""Names of made-up people and companies, by country. Read by `people.py` only.

Nobody here exists: domains end in `.example`, and phone numbers come from the ranges that the countries keep free for books
and films. Countries without such a range have people without a phone.
"""

from typing import NamedTuple


class Country(NamedTuple):
    """What people and companies are called somewhere. `_` is a space within a name, `#` in a phone any digit."""

    name: str
    weight: int
    first: str
    last: str
    stems: str
    trades: str
    phone: str = ""


COUNTRIES = (
    Country(
        "Germany", 20,
        "Jonas Lena Felix Katharina Moritz Anke Stefan Miriam Tobias Julia Henning Sabine Matthias Franziska Uwe Carla",
        "Weber Hartmann Vogel Brandt Seidel Lorenz Kettler Baumann Pohl Ziegler Arnold Busch Engel Winkler Krämer Thiel",
        "Kettler Hansewerk Rheintal Oberland Neumark Steinbach Elbufer Lindau",
        "Maschinenbau Logistik Energie Medizintechnik Feinkost Bau Versand Software",
        "+49 30 23125 ###",
    ),
    Country(
        "United Kingdom", 16,
        "Priya Owen Harriet Callum Aisha Graham Nadia Rory Imogen Desmond Fiona Kwame Beth Alistair Zara Martin",
        "Raman Hughes Pemberton Doyle Okafor Sinclair Whitcombe Ashdown Marlow Iqbal Prescott Lockwood Bevan Thorne Mistry Hale",
        "Alderbrook Brecon Northgate Harrowmill Pennine Thistledown Marchbank Wexcombe",
        "Foods Water Insurance Freight Retail Housing Labs Textiles",
        "+44 20 7946 0###",
    ),
    Country(
        "United States", 16,
        "Samuel Denise Marcus Ellen Hector Brianna Troy Monica Kelvin Laurel Andre Paige Vincent Tamara Dale Renee",
        "Adeyemi Castillo Whitfield Monroe Delgado Prewitt Baxter Holloway Nguyen Sandoval Kessler Boyd Tran Lockhart Ruiz Farrow",
        "Keystone Redwood Lakeshore Granite Bluebonnet Summit Harbor Prairie",
        "Freight Clinics Outfitters Dental Analytics Roofing Foods Payments",
        "+1 303 555 01##",
    ),
    Country(
        "Sweden", 9,
        "Ingrid Oskar Malin Viktor Elsa Anton Karin Nils Sofia Gustav Hedda Emil",
        "Solheim Lindqvist Bergström Nyberg Ek Sandell Holm Wallin Åkesson Forsberg Dahl Hedman",
        "Fjällräv Norrvik Sundby Vinterhamn Granlid Ljusdal",
        "Bank Pumpar Livs Teknik Möbler Frakt",
        "+46 70 174 06 ##",
    ),
    Country(
        "Norway", 7,
        "Marta Eirik Silje Torbjørn Astrid Håkon Ragnhild Sindre",
        "Lind Haugen Bakken Solberg Nygård Strand Moen Tveit",
        "Nordlicht Fjord Vestkyst Polarsirkel",
        "Energi Sjømat Shipping Kraft",
    ),
    Country(
        "France", 9,
        "Claire Mathieu Amélie Thierry Sandrine Bastien Noémie Pascal Élodie Yann Margaux Didier",
        "Dumont Briand Lefèvre Garnier Caron Mercier Fontaine Rolland Pelletier Aubert Vidal Charpentier",
        "Briand Valmont Montclair Beaulieu Rivage Hautpré",
        "Ateliers Transports Cosmétique Conseil Vignobles Santé",
        "+33 6 39 98 ## ##",
    ),
    Country(
        "Ireland", 4,
        "Aoife Conor Niamh Declan Orla Cillian",
        "Byrne Gallagher Kavanagh Nolan Quigley Tierney",
        "Shannon Clew Ardmore",
        "Dairy Networks Leisure",
        "+353 20 91# ####",
    ),
    Country(
        "Netherlands", 6,
        "Sanne Daan Femke Joris Lotte Ruben Anouk Thijs",
        "de_Vries van_Dijk Jansen Bakker Hoekstra Mulder van_Leeuwen Smit",
        "Waterlijn Polderland Havenkade Zuiderzee",
        "Bloemen Logistiek Zuivel Verzekeringen",
    ),
    Country(
        "Spain", 5,
        "Lucía Álvaro Carmen Javier Nuria Sergio",
        "Prieto Navarro Gallego Marín Ibáñez Cortés",
        "Sierra Costablanca Alameda",
        "Solar Alimentos Viajes",
    ),
    Country(
        "Portugal", 3,
        "Beatriz Tomás Inês Rui",
        "Santos Oliveira Figueiredo Nogueira",
        "Casa_Verde Porto_Alto",
        "Têxtil Retalho",
    ),
    Country(
        "Poland", 4,
        "Piotr Agnieszka Marek Zofia Tomasz Kinga",
        "Zieliński Wójcik Mazur Kaczmarek Pawlak Sikora",
        "Wisla Mazury Karpaty",
        "Cold_Chain Meble Transport",
    ),
    Country(
        "Finland", 3,
        "Hanna Mikko Aino Juhani",
        "Virtanen Salonen Rantala Heikkinen",
        "Aalto Lumi",
        "Timber Health",
    ),
    Country(
        "Australia", 4,
        "Noor Lachlan Bronte Jarrah Tessa Hamish",
        "Haddad Mackenzie Rowntree Fairweather Tan Gillespie",
        "Cedar Billabong Southern_Cross",
        "Clinics Mining Wineries",
        "+61 2 5550 ####",
    ),
    Country(
        "India", 4,
        "Rashid Ananya Vikram Deepa Arjun Meera",
        "Karimov Iyer Bhatt Kulkarni Menon Chawla",
        "Silk_Road Deccan Monsoon",
        "Tyres Pharma Textiles",
    ),
    Country(
        "Kenya", 2,
        "Amara Wanjiru Otieno Njeri",
        "Okello Kamau Mwangi Achieng",
        "Savanna Rift_Valley",
        "Health Logistics",
    ),
    Country(
        "Japan", 3,
        "Kenji Haruka Daichi Yumi",
        "Mori Tanabe Okada Shimizu",
        "Hoshi Kawabe",
        "Logistics Instruments",
    ),
)  # fmt: skip

TITLES = (
    "Head of Operations", "Operations Manager", "VP Sales", "Sales Director", "Head of Customer Service", "IT Manager",
    "Chief Operating Officer", "Managing Director", "Procurement Lead", "Field Service Manager", "Digital Lead",
    "Revenue Operations Manager", "Office Manager", "Project Manager", "Business Analyst", "Head of Marketing",
    "Finance Director", "Team Lead Support", "Supply Chain Manager", "Founder", "Chief Information Officer", "",
)  # fmt: skip
NOT_A_BUYER = ("Student", "Freelance Consultant", "Intern", "Recruiter", "Account Executive, reseller")
FREE_MAIL = "freemail.example"  # the company lists it among the free ones
SIZES = ("2", "3", "1", "5", "4")
