#include "throws.hpp"

#include <string>

int exit_code_of_what_is_thrown(const beamlit::Config &config) {
  try {
    (void)beamlit::Session::open(config);
    return 0;
  } catch (const beamlit::Error &error) {
    return exit_code(error);
  }
}

int exit_code(const beamlit::Error &error) { return dynamic_cast<const std::exception &>(error).what() ? error.exit_code() : 1; }

std::size_t count_headers(const beamlit::Session &session) {
  return session.headers(std::string(session.api_url()) + "/models").size();
}
