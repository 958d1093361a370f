"""All registers by their place in the address, in the order in which a city is set up."""

from collections.abc import Mapping

from civicprobe.administration.of_catalog import CATEGORIES
from civicprobe.administration.of_channels import CHANNELS_REGISTER
from civicprobe.administration.of_keeping import RETENTION
from civicprobe.administration.of_limits import DAYS, LIMITS
from civicprobe.administration.of_map import EDITIONS
from civicprobe.administration.of_people import PEOPLE
from civicprobe.administration.of_units import UNITS
from civicprobe.administration.register import Register

REGISTERS: Mapping[str, Register] = {
    register.key: register
    for register in (
        EDITIONS,
        UNITS,
        CATEGORIES,
        LIMITS,
        DAYS,
        PEOPLE,
        CHANNELS_REGISTER,
        RETENTION,
    )
}
