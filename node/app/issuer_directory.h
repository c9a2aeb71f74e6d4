// IssuerDirectory: the hosted issuers by name, by list and by DID. Loop thread, but for what says otherwise.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/app/issuer_service.h"

namespace vcnode::node {

class IssuerDirectory {
 public:
  void add(std::unique_ptr<IssuerService> issuer) { issuers_.push_back(std::move(issuer)); }

  [[nodiscard]] const std::vector<std::unique_ptr<IssuerService>>& all() const noexcept {
    return issuers_;
  }  // any thread
  // By the name in /issuers/{name}/…; "" is the first one. nullptr if there is none. Any thread.
  [[nodiscard]] IssuerService* by_name(std::string_view name) const {
    for (const auto& issuer : issuers_) {
      if (name.empty() || issuer->name() == name) return issuer.get();
    }
    return nullptr;
  }
  // By the name of a list pair or the URI of one of its lists.
  [[nodiscard]] IssuerService* by_list(std::string_view list) const {
    for (const auto& issuer : issuers_) {
      if (issuer->find_pair(list) != nullptr) return issuer.get();
    }
    return nullptr;
  }

 private:
  std::vector<std::unique_ptr<IssuerService>> issuers_;
};

}  // namespace vcnode::node
