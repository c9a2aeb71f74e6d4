#include "protocol/recognition/closure.h"

#include <algorithm>
#include <array>

#include "protocol/recognition/closing.h"
#include "protocol/recognition/codes.h"

namespace vcnode::recognition {

using statement::Entry;
using statement::Kind;
using statement::Scope;
using statement::Statement;
using statement::StatementLog;

std::vector<Code> Doubts::codes() const {
  constexpr std::array kCodes = {&codes::EQUIVOCATION_SEEN, &codes::NEWER_HEAD_UNAVAILABLE,
                                 &codes::STATEMENTS_MISSING, &codes::ONE_SIDED_AGREEMENT,
                                 &codes::SEARCH_LIMIT};
  std::vector<Code> out;
  for (std::size_t bit = 0; bit < kCodes.size(); ++bit)
    if ((bits_ >> bit & 1u) != 0) out.emplace_back(*kCodes[bit]);
  return out;
}

int rank_of_effect(std::string_view effect) noexcept {
  constexpr std::array<std::string_view, 5> kDescending = {kDirectEffect, "level-automatic", "presumption",
                                                           "employer-accepted", kIdentityOnly};
  const auto* found = std::find(kDescending.begin(), kDescending.end(), effect);
  return static_cast<int>(kDescending.end() - found);
}

bool goes_before(const std::vector<const Statement*>& a, const std::vector<const Statement*>& b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const Statement* left, const Statement* right) { return left->digest < right->digest; });
}

Doubts doubts_of(const Holding& holding) noexcept {
  Doubts doubts;
  if (holding.contradicted) doubts.add(Doubt::contradicted);
  if (holding.newer_known) doubts.add(Doubt::newer_head);
  if (holding.statements->gaps().missing_count > 0) doubts.add(Doubt::missing_statements);
  return doubts;
}

std::optional<Code> empty_component(const Scope& scope) {
  const auto is_nothing = [](const std::optional<statement::Names>& names) {
    return names && names->empty();
  };
  if (is_nothing(scope.countries)) return codes::SCOPE_COUNTRY;
  if (scope.eqf && scope.eqf->low > scope.eqf->high) return codes::SCOPE_EQF;
  if (is_nothing(scope.isced)) return codes::SCOPE_ISCED;
  if (is_nothing(scope.types)) return codes::SCOPE_TYPE;
  if (is_nothing(scope.settings)) return codes::SCOPE_SETTING;
  if (scope.from && scope.until && *scope.from >= *scope.until) return codes::NOT_IN_FORCE;
  return std::nullopt;
}

namespace {

void narrow(Span& steady, const Span& other) {
  steady = {std::max(steady.from, other.from), std::min(steady.to, other.to)};
}

}  // namespace

OtherSide other_side(const Statement& recognition, const World& world, Timestamp at) {
  OtherSide answer;
  const auto& agreement = recognition.as<statement::Recognition>()->agreement;
  const Holding* other = world.of(recognition.subject());
  if (other == nullptr) return {Grade::unknown, {}};
  const bool doubted = doubts_of(*other).any();
  if (doubted) answer.grade = Grade::unknown;
  for (const Entry* entry : other->statements->of(Kind::recognition, recognition.issuer())) {
    const auto& its = entry->statement->as<statement::Recognition>()->agreement;
    if (!its || its->digest != agreement->digest) continue;
    const Life life = life_of(*other->statements, *entry->statement);
    narrow(answer.steady, life.steady_around(at));
    const Grade now = life.holds_at(at).grade;
    answer.grade = std::max(answer.grade, doubted ? std::min(now, Grade::unknown) : now);
  }
  return answer;
}

namespace {

bool allows_no_more(const Way& wide, const Way& narrow) {
  return wide.recognitions_left >= narrow.recognitions_left &&
         wide.recognitions_used <= narrow.recognitions_used &&
         wide.delegations_left >= narrow.delegations_left &&
         rank_of_effect(wide.effect) >= rank_of_effect(narrow.effect) &&
         (!wide.doubts.any() || narrow.doubts.any()) && wide.oldest_head >= narrow.oldest_head &&
         wide.closed >= narrow.closed && (!wide.over_closed || narrow.over_closed) &&
         covers(wide.life, narrow.life) && statement::covers(wide.scope, narrow.scope);
}

std::string weaker(const std::string& a, const std::string& b) {
  return rank_of_effect(b) < rank_of_effect(a) ? b : a;
}

}  // namespace

class Search {
 public:
  Search(Closure& out, const World& world, Timestamp at) : out_(out), world_(world), at_(at) {}

  void run() {
    std::vector<Way> level = anchors();
    while (!level.empty()) {
      std::sort(level.begin(), level.end(), [](const Way& a, const Way& b) {
        if (goes_before(a.path, b.path)) return true;
        return !goes_before(b.path, a.path) && a.anchor < b.anchor;
      });
      std::vector<Way> next;
      for (Way& way : level) visit(std::move(way), next);
      level = std::move(next);
    }
    explain();
  }

 private:
  // A Recognition or Delegation of one body, whoever came there.
  struct Edge {
    const Statement* statement;
    Life life;
    OtherSide other = {Grade::yes, {}};  // of a mutual agreement
  };

  struct Edges {
    std::vector<Edge> recognitions;
    std::vector<Edge> delegations;
  };

  // Everything that is asked for is noted: a verdict lists the feeds it read.
  const Holding* held(std::string_view name) {
    if (!out_.read_.contains(name)) out_.read_.emplace(name);
    return world_.of(name);
  }

  const Policy& policy() const { return *out_.policy_; }

  std::vector<Way> anchors() {
    std::vector<Way> ways;
    for (std::size_t i = 0; i < policy().anchors.size(); ++i) {
      const statement::Anchor& anchor = policy().anchors[i];
      Way way;
      way.anchor = i;
      way.scope = anchor.scope;
      way.recognitions_left = anchor.max_recognition;
      way.delegations_left = anchor.max_delegation;
      ways.push_back(std::move(way));
    }
    return ways;
  }

  Body& body_at(const Way& way) {
    const bool at_anchor = way.path.empty();
    const std::string& did = at_anchor ? policy().anchors[way.anchor].did : way.path.back()->subject_id;
    const std::string_view name = lookup_name_of(did);
    const auto found = out_.bodies_.find(name);
    if (found != out_.bodies_.end()) return found->second;
    Body body;
    body.name = name;
    body.did = did;
    if (const Holding* holding = held(name)) {
      body.statements = holding->statements;
      body.doubts = doubts_of(*holding);
      body.head_time = holding->head_time;
    }
    return out_.bodies_.emplace(std::string(name), std::move(body)).first->second;
  }

  void visit(Way way, std::vector<Way>& next) {
    Body& body = body_at(way);
    way.doubts.add(body.doubts);
    way.oldest_head = std::min(way.oldest_head, body.head_time.value_or(kNever));
    if (body.statements && !body.statements->of(Kind::closed).empty()) out_.some_closed_ = true;
    if (out_.some_closed_) {
      const Closing closing = closing_over(body.name, way.path, world_);
      way.closed = closing.at;
      if (closing.unsure) way.doubts.add(Doubt::limit);
    }
    const auto dominates = [&](const Way& other) { return allows_no_more(other, way); };
    if (std::any_of(body.ways.begin(), body.ways.end(), dominates)) return;
    if (is_crowded(body, way)) {
      out_.cut_short_ = true;
      return;
    }
    body.ways.push_back(way);
    if (!body.statements) return;
    const Edges& edges = edges_of(body);
    for (const Edge& edge : edges.recognitions) recognise(way, edge, next);
    for (const Edge& edge : edges.delegations) delegate(way, edge, next);
  }

  static bool is_crowded(const Body& body, const Way& way) {
    if (body.ways.size() == kWaysPerBodyMax) return true;
    if (way.path.empty()) return false;
    const auto by_same = [&](const Way& other) {
      return !other.path.empty() && other.path.back()->issuer() == way.path.back()->issuer();
    };
    const auto count = std::count_if(body.ways.begin(), body.ways.end(), by_same);
    return static_cast<std::size_t>(count) >= kWaysPerPairMax;
  }

  // By digest; the oldest if there are too many.
  std::vector<Edge> read(const Body& body, Kind kind) {
    StatementLog::Entries entries = body.statements->of(kind);
    if (entries.size() > kEdgesPerBodyMax) {
      entries.resize(kEdgesPerBodyMax);
      out_.cut_short_ = true;
    }
    std::vector<Edge> edges;
    for (const Entry* entry : entries) {
      const Statement& statement = *entry->statement;
      if (statement.subject() == body.name) continue;  // grants itself what it has
      Edge edge{&statement, life_of(*body.statements, statement), {Grade::yes, {}}};
      if (kind == Kind::recognition) {
        narrow(out_.steady_, edge.life.steady_around(at_));
        if (statement.as<statement::Recognition>()->agreement && !policy().one_sided_agreements) {
          (void)held(statement.subject());
          edge.other = other_side(statement, world_, at_);
          narrow(out_.steady_, edge.other.steady);
        }
      }
      edges.push_back(std::move(edge));
    }
    std::sort(edges.begin(), edges.end(),
              [](const Edge& a, const Edge& b) { return a.statement->digest < b.statement->digest; });
    return edges;
  }

  const Edges& edges_of(const Body& body) {
    const auto found = edges_.find(body.name);
    if (found != edges_.end()) return found->second;
    return edges_.emplace(body.name, Edges{read(body, Kind::recognition), read(body, Kind::delegation)})
        .first->second;
  }

  // False: the search is over.
  bool step() {
    if (out_.steps_ == kSearchStepsMax) {
      out_.cut_short_ = true;
      return false;
    }
    ++out_.steps_;
    return true;
  }

  void block(Code code, const Edge& edge) { out_.blocked_.push_back({code, edge.statement}); }

  // A Recognition is judged at `at`, whenever the credential was issued.
  static Code code_of_recognition(Code code) {
    return code == Code(codes::WITHDRAWN_BEFORE_ISSUE) ? Code(codes::RECOGNITION_WITHDRAWN) : code;
  }

  void recognise(const Way& way, const Edge& edge, std::vector<Way>& next) {
    const bool delegated = !way.path.empty() && way.path.back()->kind() == Kind::delegation;
    if (delegated || !step()) return;
    const auto& says = *edge.statement->as<statement::Recognition>();
    if (way.recognitions_left == 0) return block(codes::DEPTH_LIMIT, edge);
    if (way.recognitions_used > 0 && !says.transitive) return block(codes::NO_TRANSITIVE_RECOGNITION, edge);
    const Judged now = edge.life.holds_at(at_);
    if (now.grade == Grade::no) return block(code_of_recognition(*now.code), edge);
    if (edge.other.grade == Grade::no) return block(codes::ONE_SIDED_AGREEMENT, edge);
    Way further = way;
    if (now.grade == Grade::unknown) further.doubts.add(Doubt::limit);
    if (edge.other.grade == Grade::unknown) further.doubts.add(Doubt::one_sided);
    further.effect = way.recognitions_used == 0 ? says.effect : weaker(way.effect, says.effect);
    ++further.recognitions_used;
    --further.recognitions_left;
    go_on(std::move(further), says.scope, edge, next);
  }

  void delegate(const Way& way, const Edge& edge, std::vector<Way>& next) {
    if (!step()) return;
    const auto& says = *edge.statement->as<statement::Delegation>();
    if (way.delegations_left == 0) return block(codes::DEPTH_LIMIT, edge);
    if (edge.life.voided) return block(codes::VOIDED, edge);
    Way further = way;
    further.life.meet(edge.life);
    further.delegations_left = std::min(way.delegations_left - 1, says.max_path_length);
    further.recognitions_left = 0;
    further.recognitions_used = 0;
    go_on(std::move(further), says.scope, edge, next);
  }

  void go_on(Way way, const Scope& scope, const Edge& edge, std::vector<Way>& next) {
    if (edge.statement->from >= way.closed) return block(codes::AUTHORITY_CLOSED, edge);
    way.over_closed = way.over_closed || way.closed != kNever;
    way.scope = statement::meet(way.scope, scope);
    if (const auto nothing = empty_component(way.scope)) return block(*nothing, edge);
    way.path.push_back(edge.statement);
    next.push_back(std::move(way));
  }

  // Who would stand behind the edges that were not taken.
  void explain() {
    auto& blocked = out_.blocked_;
    const auto less = [](const Blocked& a, const Blocked& b) {
      if (a.statement->digest != b.statement->digest) return a.statement->digest < b.statement->digest;
      return a.code.slug() < b.code.slug();
    };
    const auto same = [](const Blocked& a, const Blocked& b) {
      return a.statement->digest == b.statement->digest && a.code == b.code;
    };
    std::sort(blocked.begin(), blocked.end(), less);
    blocked.erase(std::unique(blocked.begin(), blocked.end(), same), blocked.end());
    std::size_t steps = 0;
    for (std::size_t i = 0; i < blocked.size(); ++i)
      look_behind(std::string(blocked[i].statement->subject()), i, kMaxDelegation, steps);
  }

  void look_behind(const std::string& name, std::size_t blocked, int depth, std::size_t& steps) {
    if (steps == kExplainStepsMax || out_.bodies_.contains(name) || out_.behind_.contains(name)) return;
    const Holding* holding = held(name);
    if (holding == nullptr) return;
    ++steps;
    out_.behind_.emplace(name, Behind{holding->statements, blocked});
    if (depth == 0) return;
    StatementLog::Entries delegations = holding->statements->of(Kind::delegation);
    delegations.resize(std::min(delegations.size(), kEdgesPerBodyMax));
    for (const Entry* entry : delegations)
      look_behind(std::string(entry->statement->subject()), blocked, depth - 1, steps);
  }

  Closure& out_;
  const World& world_;
  Timestamp at_;
  std::map<std::string, Edges, std::less<>> edges_;
};

std::shared_ptr<const Closure> Closure::of(std::shared_ptr<const Policy> policy, const World& world,
                                           Timestamp at) {
  auto closure = std::make_shared<Closure>();
  closure->policy_ = std::move(policy);
  Search(*closure, world, at).run();
  return closure;
}

}  // namespace vcnode::recognition
