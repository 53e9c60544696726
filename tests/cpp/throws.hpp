/* The other translation unit of test_result.cpp. */
#include <beamlit_auth.hpp>

int exit_code_of_what_is_thrown(const beamlit::Config &config);
int exit_code(const beamlit::Error &error);
std::size_t count_headers(const beamlit::Session &session);
