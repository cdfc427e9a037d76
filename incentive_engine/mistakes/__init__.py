"""What pydantic found wrong with a document, in our words and at places that exist in it.

pydantic's paths name union tags and validators that nobody wrote, it reports the same slip once per branch of a union,
and it counts items that failed as items that are missing. All of that is undone here, before anybody reads it.
"""

from incentive_engine.mistakes.conversions import conversions
from incentive_engine.mistakes.mistake import KeyPath, Mistake
from incentive_engine.mistakes.syntax import syntax_mistake
from incentive_engine.mistakes.telling import mistakes

__all__ = ["KeyPath", "Mistake", "conversions", "mistakes", "syntax_mistake"]
