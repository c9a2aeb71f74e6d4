// The end of a hosted issuer's feed: its Closed statement. Nothing follows it, no new key and no declaration
// that one was stolen, so its date is looked at before it is signed.
#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "node/app/codes.h"
#include "node/app/issuer_service.h"
#include "node/net/codes.h"

namespace vcnode::node {
namespace {

// When the last credential of these pairs got its index; pairs in the order in which they were opened.
Result<std::optional<Timestamp>> last_issue(const Store& store, const std::vector<ListPairs::Count>& pairs) {
  std::optional<Timestamp> last;
  for (auto pair = pairs.rbegin(); pair != pairs.rend() && !last; ++pair) {
    VCNODE_TRY(const auto indexes, store.allocated_indexes(pair->pair));
    for (const std::uint64_t index : indexes) {
      VCNODE_TRY(const auto allocation, store.allocation_at(pair->pair, index));
      if (allocation) last = std::max(last.value_or(allocation->issued_at), allocation->issued_at);
    }
  }
  return last;
}

}  // namespace

// Reading when the last credential was issued takes as long as there are credentials on the newest list: not
// on the loop's thread.
void IssuerService::close(Timestamp date, std::function<void(Result<feed::Head>)> done) {
  if (const auto why = why_not()) return done(Failure{*why});
  const Timestamp now = ports_.clock.now().wall;
  if (date > now.plus_seconds(limits::kClockSkewSecondsMax))
    return done(fail(codes::CLOSE_TIME, "the issuer ", identity_.name, " cannot be closed as of ",
                     date.to_string(), ": that is later than now, ", now.to_string(),
                     ", and it issues no more from now on"));
  ports_.workers.post([this, date, pairs = pairs_.counts(), done = std::move(done)] {
    auto last = last_issue(ports_.store, pairs);
    ports_.loop.post([this, date, last = std::move(last), done] { close_after(last, date, done); });
  });
}

void IssuerService::close_after(const Result<std::optional<Timestamp>>& last, Timestamp date,
                                std::function<void(Result<feed::Head>)> done) {
  if (!last) return done(last.failure());
  const Timestamp newest = std::max(last->value_or(last_signed_), last_signed_);
  if (date < newest)
    return done(fail(codes::CLOSE_TIME, "the issuer ", identity_.name, " cannot be closed as of ",
                     date.to_string(), ": it issued a credential at ", newest.to_string(),
                     "; give that time or a later one"));
  if (const auto why = why_not()) return done(Failure{*why});
  if (!queue_)
    return done(fail(codes::SERVER_BUSY, "an entry of the issuer ", identity_.name, " is on its way"));
  const auto by = in_force();
  auto statement =
      closed_statement(by->did, date, by->verification_method, ports_.clock.now().wall, *by->assertion);
  if (!statement) return done(statement.failure());
  feed::Changes changes;
  changes.close = feed::NewStatement{date.to_string(), to_bytes(*statement)};
  queue_->submit(std::move(changes), std::move(done));
}

}  // namespace vcnode::node
