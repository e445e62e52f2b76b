"""Any record that a category's table can hold, as raw integers."""

import random

from hypothesis import strategies as st

from skypact.decode.asterix.records import bare_name
from skypact.decode.asterix.spec import Compound, Explicit, Extended, Fixed, Repetitive


def integers_of(fields, rng):
    """Integers for fields, with the ends of the range well represented."""
    named = [field for field in fields if field.name]
    tops = {field.name: (1 << field.bits) - 1 for field in named}
    return {name: rng.choice((0, top, rng.randint(0, top))) for name, top in tops.items()}


def of_fields(name, fields, rng):
    values, bare = integers_of(fields, rng), bare_name(name, fields)
    return values[bare] if bare else values


def of_item(item, rng):
    spec = item.variation
    if isinstance(spec, Fixed):
        return of_fields(item.name, spec.fields, rng)
    if isinstance(spec, Extended):
        n_parts = rng.randint(1, len(spec.parts))
        return integers_of([f for part in spec.parts[:n_parts] for f in part], rng)
    if isinstance(spec, Repetitive):
        return [of_fields(item.name, spec.fields, rng) for _ in range(rng.randint(1, 4))]
    if isinstance(spec, Compound):
        chosen = [sub for sub in spec.subitems if sub and rng.random() < 0.5]
        return {sub.name: of_item(sub, rng) for sub in chosen}
    assert isinstance(spec, Explicit)
    return rng.randbytes(rng.randint(0, 12))


def record_of(table, place, chosen, rng):
    """Raw integers for the chosen items of a table, by the profile at a place."""
    names = [name for name in list(table.uaps.values())[place] if name in chosen]
    items = {item.name: item for item in table.items}
    record = {name: of_item(items[name], rng) for name in names}
    if table.selector:
        record[table.selector[0]][table.selector[1]] = place
    return record


def any_record(table, rng):
    """Raw integers for any choice of a table's items, by any of its profiles."""
    place = rng.randrange(len(table.uaps))
    names = [name for name in list(table.uaps.values())[place] if name and name != "RFS"]
    chosen = set(rng.sample(names, rng.randint(1, len(names))))
    return record_of(table, place, chosen | set((table.selector or ())[:1]), rng)


@st.composite
def records_of(draw, table):
    """The same, drawn by Hypothesis."""
    place = draw(st.integers(0, len(table.uaps) - 1))
    names = [name for name in list(table.uaps.values())[place] if name and name != "RFS"]
    chosen = draw(st.sets(st.sampled_from(names), min_size=1))
    rng = random.Random(draw(st.integers(0, 2**32)))
    return record_of(table, place, chosen | set((table.selector or ())[:1]), rng)
