"""The API's frame (API-1): who comes in, how it answers, what goes wrong, what counts once. The nouns live with the app that owns them."""
