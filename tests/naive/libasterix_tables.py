"""libasterix's classes of an edition as an item table of ours, and whether one reads another.

Names of fields are theirs; a transponder register's eight octets are `MB` and `BDS`, and groups in
groups are joined by an underscore, as in our tables.
"""

from typing import Any

from tests.naive.libasterix_records import oracle

from skypact.decode.asterix import spec

UNITS = {"mb": "hPa", "°": "deg", "°/s": "deg/s", "m/s²": "m/s2", "°C": "degC", "m/s^2": "m/s2"}
REGISTER = (spec.Field("MB", 56, "bds"), spec.Field("BDS", 8))


def field_of(name: str, bits: int, content: Any) -> spec.Field:
    base, _ = oracle()
    if issubclass(content, (base.ContentQuantity, base.ContentInteger)):
        kind = "signed" if content.cv_signedness is base.Signed else "unsigned"
        unit = getattr(content, "cv_unit", "")
        return spec.Field(name, bits, kind, getattr(content, "cv_lsb", 1.0), UNITS.get(unit, unit))
    if issubclass(content, base.ContentString):
        kinds = {base.StringAscii: "ascii", base.StringICAO: "ia5", base.StringOctal: "octal"}
        return spec.Field(name, bits, kinds[content.cv_string_type])
    return spec.Field(name, bits, "bds" if issubclass(content, base.ContentBds) else "raw")


def element_of(name: str, element: Any) -> spec.Field:
    base, _ = oracle()
    bits, rule = element.cv_bit_size, element.cv_rule
    if not issubclass(rule, base.RuleContentDependent):
        return field_of(name, bits, rule.cv_content)
    cases = sorted(rule.cv_cases, key=lambda case: case[0])
    first, *others = [field_of(name, bits, content) for _, content in cases]
    if len(others) != 1 or others[0].kind != first.kind:
        return spec.Field(name, bits)
    switch = spec.Switch(rule.cv_depends_on[0][-1], others[0].lsb, others[0].unit)
    return first._replace(switch=switch)


def rule_of(named: Any) -> Any:
    """The variation of an item; where it depends on another, the one for unknown cases."""
    base, _ = oracle()
    rule = named.cv_rule
    if issubclass(rule, base.RuleVariationDependent):
        return rule.cv_default_variation
    return rule.cv_variation


def fields_of_item(item: Any, prefix: str = "") -> list[spec.Field]:
    base, _ = oracle()
    if issubclass(item, base.Spare):
        return [spec.spare(item.cv_bit_size)]
    named = item.cv_non_spare
    variation = rule_of(named)
    if issubclass(variation, base.Group):
        return fields_of_group(variation, f"{prefix}{named.cv_name}_")
    return [element_of(prefix + named.cv_name, variation)]


def fields_of_group(group: Any, prefix: str = "") -> list[spec.Field]:
    out: list[spec.Field] = []
    for item, _ in group.cv_items_list:
        for field in fields_of_item(item, prefix):
            if out and not field.name and not out[-1].name:
                out[-1] = spec.spare(out[-1].bits + field.bits)
            else:
                out.append(field)
    return list(REGISTER) if out[-1].name.endswith("BDS2") or "BDS" in out[-1].name else out


def variation_of(name: str, variation: Any) -> spec.Variation:
    base, _ = oracle()
    if issubclass(variation, base.Element):
        field = element_of(name, variation)
        return spec.Fixed(REGISTER if field.kind == "bds" and field.bits == 64 else (field,))
    if issubclass(variation, base.Group):
        return spec.Fixed(tuple(fields_of_group(variation)))
    if issubclass(variation, base.Extended):
        parts = [[item[0] for item in part if item] for part in variation.cv_items_list]
        return spec.Extended(tuple(tuple(f for i in p for f in fields_of_item(i)) for p in parts))
    if issubclass(variation, base.Repetitive):
        inner = variation_of(name, variation.cv_variation)
        assert isinstance(inner, spec.Fixed)
        return spec.Repetitive(inner.fields, variation.cv_rep_bytes or 0)
    if issubclass(variation, base.Explicit):
        return spec.Explicit()
    return spec.Compound(tuple(item and item_of(item) for item in variation.cv_items_list))


def item_of(named: Any) -> spec.Item:
    variation = variation_of(named.cv_name, rule_of(named))
    return spec.Item(named.cv_name, named.cv_title, variation)


def table_of(edition: Any) -> spec.Category:
    """An edition's class as a table of ours."""
    base, _ = oracle()
    uap = edition.cv_uap
    many = issubclass(uap, base.UapMultiple)
    records = uap.cv_uaps if many else {"uap": uap.cv_record}
    items: dict[str, spec.Item] = {}
    uaps: dict[str, tuple[str | None, ...]] = {}
    for profile, record in records.items():
        names: list[str | None] = []
        for place in record.cv_items_list:
            item = None
            if issubclass(place, base.UapItem):
                item = item_of(place.cv_non_spare)
            elif issubclass(place, base.UapItemRFS):
                item = spec.Item("RFS", "", spec.RandomFields())
            names.append(item.name if item else None)
            items |= {item.name: item} if item else {}
        uaps[profile] = tuple(names)
    name = ".".join(map(str, edition.cv_edition))
    return spec.Category(edition.cv_category, name, tuple(items.values()), uaps)


def cells(fields: tuple[spec.Field, ...]) -> list[Any]:
    """What each bit means: kind, scale, unit, switch and place in its field; None is spare."""
    out: list[Any] = []
    for field in fields:
        switch = field.switch and (field.switch.lsb, field.switch.unit)
        meaning = (field.kind, field.lsb, field.unit, switch, field.bits)
        out += [(meaning, i) if field.name else None for i in range(field.bits)]
    return out


def misfits(new: spec.Variation, old: spec.Variation, where: str) -> list[str]:
    """Where records of `old` would not be read by `new` to the same values."""
    if type(new) is not type(old):
        return [f"{where}: another structure"]
    if isinstance(new, spec.Compound) and isinstance(old, spec.Compound):
        pairs = zip(new.subitems, old.subitems, strict=False)
        return [line for a, b in pairs if b for line in item_misfits(a, b, where)]
    news, olds = [getattr(new, "parts", None) for new in (new, old)]
    if news is None:
        fixed = hasattr(new, "fields")
        news, olds = ((new.fields,), (old.fields,)) if fixed else ((), ())  # type: ignore
    if getattr(new, "counter_bytes", 0) != getattr(old, "counter_bytes", 0):
        return [f"{where}: another counter"]
    if len(news) < len(olds):
        return [f"{where}: fewer parts"]
    out = []
    for i, (mine, theirs) in enumerate(zip(news, olds, strict=False)):
        a, b = cells(mine), cells(theirs)
        if len(a) != len(b) or any(y is not None and x != y for x, y in zip(a, b, strict=True)):
            out.append(f"{where}#{i}")
    return out


def item_misfits(new: spec.Item | None, old: spec.Item, where: str = "") -> list[str]:
    path = f"{where}/{old.name}" if where else old.name
    if new is None:
        return [f"{path}: absent"]
    return misfits(new.variation, old.variation, path)


def unread(new: spec.Category, old: spec.Category) -> list[str]:
    """Items of `old` that `new` does not read to the same values, or has at another place."""
    ours = {item.name: item for item in new.items}
    theirs = {item.name: item for item in old.items}
    out = []
    for profile, names in old.uaps.items():
        mine = new.uaps.get(profile, ())
        for place, name in enumerate(names):
            if name is None:
                continue
            if place >= len(mine) or mine[place] != name:
                out.append(f"{profile} {place + 1}: {name}")
            else:
                out += item_misfits(ours[name], theirs[name])
    return sorted(set(out))
