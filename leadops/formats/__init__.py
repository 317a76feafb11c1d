"""How the house writes dates and times where Django writes them: in the admin's lists and forms."""
