#include "check.h"

static void test_version__is_that_of_the_header(void) { CHECK_TEXT(beamlit_version(), BEAMLIT_VERSION); }

static void test_version__number_is_made_of_the_three_parts(void) {
  char text[32];
  unsigned number = BEAMLIT_VERSION_NUMBER;
  snprintf(text, sizeof text, "%u.%u.%u", number >> 16, number >> 8 & 0xff, number & 0xff);
  CHECK_TEXT(text, BEAMLIT_VERSION);
}

static void test_version__check_takes_this_header(void) {
  beamlit_error *error = UNTOUCHED(beamlit_error);
  CHECK_STATUS(beamlit_version_check(BEAMLIT_VERSION_NUMBER, &error), BEAMLIT_OK);
  CHECK(error == UNTOUCHED(beamlit_error));
}

static void test_version__check_refuses_another_and_names_both(void) {
  CHECK_FAILS(beamlit_version_check(BEAMLIT_VERSION_NUMBER + 0x000100, &error), BEAMLIT_UNSUPPORTED, BEAMLIT_VERSION);
  CHECK_FAILS(beamlit_version_check(BEAMLIT_VERSION_NUMBER + 0x010000, &error), BEAMLIT_UNSUPPORTED, BEAMLIT_VERSION);
  CHECK_FAILS(beamlit_version_check(BEAMLIT_VERSION_NUMBER + 1, &error), BEAMLIT_UNSUPPORTED, BEAMLIT_VERSION);
  CHECK_FAILS(beamlit_version_check(0, &error), BEAMLIT_UNSUPPORTED, "0.0.0");
  CHECK_FAILS(beamlit_version_check(UINT32_MAX, &error), BEAMLIT_UNSUPPORTED, "255.255.255");
}

static const struct test tests[] = {
    {"is_that_of_the_header", test_version__is_that_of_the_header, 0},
    {"number_is_made_of_the_three_parts", test_version__number_is_made_of_the_three_parts, 0},
    {"check_takes_this_header", test_version__check_takes_this_header, 0},
    {"check_refuses_another_and_names_both", test_version__check_refuses_another_and_names_both, 0},
};
CHECK_MAIN(tests)
