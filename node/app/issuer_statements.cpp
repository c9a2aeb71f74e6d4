// What a hosted issuer says besides its credentials: statements, signed here or elsewhere, as leaves of its
// feed.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "node/app/issuer_service.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/leaf.h"
#include "protocol/issuer/version_keys.h"
#include "protocol/statement/log.h"

namespace vcnode::node {
namespace {

Result<PublishedStatement> signed_order(const StatementOrder& order, const IssuerService::InForce& by,
                                        Timestamp now, const Resolver& keys) {
  PublishedStatement out{order.statement.id, order.text, order.statement.digest, std::nullopt};
  if (!order.is_signed) {
    VCNODE_TRY(const auto document, json::read(order.text));
    VCNODE_TRY(out.text, sign_document(document, by.verification_method, now, *by.assertion));
    out.digest = sha256(as_bytes(out.text));
  }
  // What is published is what every reader accepts, whoever signed it.
  const feed::CheckedBody body = feed::check_body({out.digest, std::string(feed::kStatementLeaf), out.id, {}},
                                                  as_bytes(out.text), by.did, keys);
  if (body.bad) return Failure{*body.bad};
  return out;
}

std::shared_ptr<const statement::StatementLog> statements_of(const feed::FeedReplica* replica) {
  const bool held = replica != nullptr && replica->head();
  return held ? replica->snapshot()->statements : statement::StatementLog::none();
}

std::string missing_words(const statement::StatementLog& log) {
  if (log.gaps().missing_count == 0) return {};
  return concat("; ", log.gaps().missing_count, " statements of its feed are not held here");
}

}  // namespace

// An id is spent by its leaf, whether the statement is held or not; what is withdrawn has to be read here.
Result<void> IssuerService::check_orders(const std::vector<StatementOrder>& orders) const {
  const feed::FeedReplica* replica = ports_.driver.engine().replica(in_force()->origin.hash());
  const auto held = statements_of(replica);
  const statement::StatementLog& log = *held;
  for (const StatementOrder& order : orders) {
    const std::string& id = order.statement.id;
    const bool spent = replica != nullptr && replica->has_statement(id);
    if (spent || saying_.contains(id))
      return fail(codes::STATEMENT_ID_USED, "the issuer ", identity_.name, " has published a statement ",
                  excerpt(id), " already; leave the id out to get a random one");
    const auto* withdrawal = order.statement.as<statement::Withdrawal>();
    if (withdrawal == nullptr) continue;
    const statement::Entry* target = log.by_digest(withdrawal->digest);
    if (target != nullptr && target->statement->id == order.statement.subject_id) continue;
    const statement::Entry* named = log.by_id(order.statement.subject_id);
    return fail(
        codes::STATEMENT_UNKNOWN, "the issuer ", identity_.name, " cannot withdraw the statement ",
        excerpt(order.statement.subject_id), " of SHA-256 ", hex_encode(withdrawal->digest.view()), ": ",
        named == nullptr ? "its feed holds none of this id" : "the one of this id in its feed has SHA-256 ",
        named == nullptr ? std::string() : hex_encode(named->statement->digest.view()), missing_words(log));
  }
  return {};
}

std::shared_ptr<const Resolver> IssuerService::keys_in_force() const {
  const auto held = log() ? ports_.driver.engine().issuer(log()->scid) : std::nullopt;
  if (!held || held->history->versions.empty()) return std::make_shared<const DidKeyResolver>();
  return std::make_shared<const issuer::VersionKeys>(held->history->versions.back().state);
}

// Signed by what is in force now, on a worker; if an entry of the issuer's log came in between, its leaf
// would stand before these and other keys would judge them.
void IssuerService::publish_statements(std::vector<StatementOrder> orders, Said done) {
  if (const auto why = why_not()) return done(Failure{*why});
  const auto by = in_force();
  if (!queue_ || waits_for_entry() || !by) return done(entry_on_its_way());
  if (const auto fit = check_orders(orders); !fit) return done(fit.failure());
  for (const StatementOrder& order : orders) saying_.insert(order.statement.id);
  const Timestamp now = ports_.clock.now().wall;
  last_signed_ = std::max(last_signed_, now);
  ports_.workers.post(
      [this, by, now, keys = keys_in_force(), orders = std::move(orders), done = std::move(done)]() mutable {
        Saying saying{by, {}, {}, std::move(done)};
        for (const StatementOrder& order : orders) {
          saying.ids.push_back(order.statement.id);
          auto text = signed_order(order, *by, now, *keys);
          if (!text && !saying.refused) saying.refused = text.error();
          if (text) saying.statements.push_back(*std::move(text));
        }
        ports_.loop.post([this, said = std::make_shared<Saying>(std::move(saying))] { say(said); });
      });
}

Failure IssuerService::entry_on_its_way() const {
  return fail(codes::SERVER_BUSY, "an entry of the issuer ", identity_.name,
              "'s log is on its way; try again");
}

void IssuerService::say(const std::shared_ptr<Saying>& saying) {
  const auto end = [this, saying](Result<PublishedStatements> result) {
    for (const std::string& id : saying->ids) saying_.erase(id);
    saying->done(std::move(result));
  };
  if (saying->refused) return end(Failure{*saying->refused});
  if (const auto why = why_not()) return end(Failure{*why});
  if (!queue_ || waits_for_entry() || in_force() != saying->by) return end(entry_on_its_way());
  feed::Changes changes;
  for (const PublishedStatement& one : saying->statements)
    changes.statements.push_back({one.id, to_bytes(one.text)});
  queue_->submit(std::move(changes), [this, saying, end](const Result<feed::Head>& head) {
    if (!head) return end(head.failure());
    PublishedStatements out{std::move(saying->statements), *head};
    const auto held = statements_of(ports_.driver.engine().replica(saying->by->origin.hash()));
    for (PublishedStatement& one : out.statements)
      if (const auto* entry = held->by_digest(one.digest)) one.place = entry->place;
    end(std::move(out));
  });
}

}  // namespace vcnode::node
