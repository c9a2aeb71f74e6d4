// Which exit code a reason ends in: whose fault it is.
#include "crypto/codes.h"
#include "node/app/codes.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"
#include "node/net/codes.h"
#include "protocol/gossip/codes.h"
#include "storage/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("what is not there is unavailable, a fault of ours internal, and wrong input usage") {
  for (const Code code :
       {Code(codes::NODE_NOT_RUNNING), Code(codes::STORE_MISSING), Code(codes::STORE_LOCKED),
        Code(codes::STORE_BUSY), Code(codes::LISTEN_FAILED), Code(codes::HTTP_UNREACHABLE),
        Code(codes::HTTP_TIMEOUT), Code(codes::START_CHECK_PENDING), Code(codes::ENTRY_NOT_NEXT),
        Code(codes::SEAL_OUTDATED), Code(codes::SERVER_BUSY), Code(codes::SHUTTING_DOWN),
        Code(codes::CLOCK_AHEAD), Code(codes::ISSUER_LOG_MISSING), Code(codes::EPOCH_INCOMPLETE)}) {
    CAPTURE(code.slug());
    CHECK(cli::exit_code_of(code) == 69);
  }
  CHECK(cli::exit_code_of(codes::INTERNAL_FAULT) == 70);
  // Whatever could not be written because the disk is full.
  CHECK(cli::report({"", false}, {codes::FILE_UNREADABLE, "cannot write x: No space left on device"}) == 69);
  CHECK(cli::report({"", false}, {codes::FILE_UNREADABLE, "cannot write x: Permission denied"}) == 64);
  for (const Code code : {Code(codes::CONFIG_VALUE), Code(codes::USAGE), Code(codes::SECRET_FILE_PERMISSIONS),
                          Code(codes::ISSUER_KEY_MISMATCH), Code(codes::FILE_UNREADABLE)}) {
    CAPTURE(code.slug());
    CHECK(cli::exit_code_of(code) == 64);
  }
}
