#pragma once

// What a link check knows: addresses, what became of each, and which pages refer to it. Who refers to
// what is fine is only counted, so that memory does not grow with the links that every page has.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parlab {

/// A place that refers to an address.
struct LinkParent {
  std::string page = {};
  std::uint32_t line = 0;
  std::string what = {};  // "a href"
  std::string text = {};  // of the link
};

enum class LinkState {
  ok,
  broken,     // `error` says why
  moved,      // fine, but a permanent redirect says where it should lead
  unchecked,  // `error` says why: another scheme, robots.txt
};
std::string_view to_string(LinkState state);

/// One address, with its fragment where this is what is wrong.
struct CheckedLink {
  std::string url = {};
  LinkState state = LinkState::ok;
  int status = 0;  // of HTTP, at the end of all redirects; 0 for none
  std::string error =
      {};  // its class, as of a crawl; "no_anchor" where the page lacks the fragment
  std::string final_url = {};            // where redirects end; empty where there is none
  std::uint64_t links = 0;               // that lead here
  std::vector<LinkParent> parents = {};  // all of them, unless the state is ok
};

/// What became of one address.
struct LinkAnswer {
  int status = 0;
  std::string error = {};
  std::string redirect = {};  // where it leads
  bool is_unchecked = false;
  bool is_cached = false;
};

class LinkTable {
 public:
  using Id = std::uint32_t;

  /// The address's number; `is_new` tells whether it is unknown so far.
  Id id_of(const std::string& url, bool& is_new);
  const std::string& url(Id id) const { return targets_[id].url; }
  /// A page refers to it, with a fragment or none.
  void refer(Id target, std::string fragment, Id page, LinkParent parent);
  void finish(Id target, LinkAnswer answer);
  /// What fragments may name in it; without, any fragment is fine.
  void set_anchors(Id page, const std::vector<std::string>& anchors);
  bool is_finished(Id id) const { return targets_[id].answer.has_value(); }
  const std::optional<LinkAnswer>& answer(Id id) const { return targets_[id].answer; }

  std::uint64_t links() const { return links_; }
  std::size_t size() const { return targets_.size(); }

  /// Calls visit for each address that is finished, and once more for each fragment that it lacks. At most
  /// `max_redirects` one after the other are fine.
  void each(int max_redirects, const std::function<void(const CheckedLink&)>& visit) const;

 private:
  struct Mention {
    Id page;
    std::uint32_t line;
    std::uint32_t what;  // of whats_
    std::string text, fragment;
  };
  struct Target {
    std::string url;
    std::optional<LinkAnswer> answer = {};
    std::optional<std::vector<std::uint64_t>> anchors = {};  // hashes, sorted
    std::vector<Mention> mentions = {};
    std::uint64_t links = 0;
  };
  /// Where the redirects from a target end.
  struct End {
    const Target* target = nullptr;  // none where it is not known
    std::string error = {};
    const Target* permanent = nullptr;  // the last that permanent ones lead to
  };

  bool is_settled(const Target& target, const std::string& fragment) const;
  bool has_anchor(const Target& target, std::string_view fragment) const;
  void forget_what_is_fine(Target& target);
  End end_of(const Target& target, int max_redirects) const;
  LinkParent parent_of(const Mention& mention) const;

  std::vector<Target> targets_;
  std::unordered_map<std::string, Id> ids_;
  std::vector<std::string> whats_;
  std::uint64_t links_ = 0;
};

}  // namespace parlab
