// RapidCheck inside doctest: a failing property fails the test case and prints the counterexample and seed.
#pragma once

#include <rapidcheck.h>

#include "tests/support/doctest.h"

#define CHECK_PROPERTY(text, ...) CHECK_MESSAGE(::rc::check(text, __VA_ARGS__), text)
