"""History brought over from another system (IN-4): leads, touches, meetings and opportunities, told as if they had happened here.

`reading` understands the files, `runs` previews, runs and undoes them, `telling` lives each lead's story through the same functions that
a person's work goes through, each fact with the moment it happened and the moment we learnt it.
"""
