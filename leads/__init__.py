"""The work: intake -> routing -> assignment -> touches -> disposition, and round again."""
