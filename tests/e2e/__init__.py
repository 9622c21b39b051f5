"""The whole way: a real client, the real proxy, and an upstream that plays by OpenAI's rules."""
