"""Column types that mean the same on SQLite, PostgreSQL and DuckDB."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Float, Integer, Numeric
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal of fixed scale: NUMERIC on servers; on SQLite, which has none, a REAL that is
    rounded to the scale whenever it is read, so 15 significant digits come back exactly."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale
        self._step = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Float(asdecimal=False))
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        return float(value) if dialect.name == "sqlite" else Decimal(str(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(str(value)).quantize(self._step)


Id = BigInteger().with_variant(Integer, "sqlite")
Money = ExactDecimal(18, 4)
Rate = ExactDecimal(9, 6)  # a share or a probability
Days = ExactDecimal(9, 2)
Expected = ExactDecimal(12, 4)  # a number of things that may be a fraction
Moment = DateTime(timezone=False)  # always UTC
