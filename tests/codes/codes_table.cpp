// Prints the table of reason codes: slug, tab, sentence.
#include <iostream>

#include "node/app/all_codes.h"

int main() {
  for (const vcnode::CodeInfo* code : vcnode::node::all_codes())
    std::cout << code->slug << '\t' << code->sentence << '\n';
}
