"""Series with a known pattern, for tests of forecasts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Box & Jenkins 1976, series G: international airline passengers in thousands, 1949 to 1960
_PASSENGERS = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140
145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194
196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306
315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432
"""
AIR_PASSENGERS = np.array(_PASSENGERS.split(), dtype=np.float64)
WEEK = np.array([5.0, 6.0, 7.0, 9.0, 12.0, 20.0, 15.0])


def weekly_pattern(count: int) -> Floats:
    return np.resize(WEEK, count)


def noisy_days(seed: int, count: int = 400) -> Floats:
    """Days around a level of 50 with a weekly season, a slow drift and noise of a fifth."""
    chance = np.random.default_rng(seed)
    drift = np.cumsum(chance.normal(0, 0.01, count))
    season = np.log(weekly_pattern(count) / WEEK.mean())
    return np.asarray(50 * np.exp(drift + season + chance.normal(0, 0.2, count)))
