/* The shortest program: prints the headers for a request, for whatever sends it. */
#include <beamlit_auth.hpp>
#include <iostream>
int main() try {
  auto session = beamlit::Session::open(beamlit::Config{}.workspace("acme"));
  for (auto [name, value] : session.headers("https://api.beamlit.com/v0/models")) std::cout << name << ": " << value << '\n';
} catch (const beamlit::Error& e) { std::cerr << e.what() << '\n'; return e.exit_code(); }
