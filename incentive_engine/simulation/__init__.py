"""What a change of rules, facts or people would do: run by the engine that pays, compared, sought, forecast."""
