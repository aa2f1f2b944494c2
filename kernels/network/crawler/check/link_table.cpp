#include "kernels/network/crawler/check/link_table.hpp"

#include <algorithm>
#include <utility>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/parsing/escapes.hpp"

namespace parlab {
namespace {

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>()(text); }

bool is_redirect(const LinkAnswer& answer) {
  return answer.error.empty() && !answer.redirect.empty();
}
bool is_permanent(int status) { return status == 301 || status == 308; }

}  // namespace

std::string_view to_string(LinkState state) {
  switch (state) {
    case LinkState::ok:
      return "ok";
    case LinkState::broken:
      return "broken";
    case LinkState::moved:
      return "moved";
    case LinkState::unchecked:
      break;
  }
  return "unchecked";
}

LinkTable::Id LinkTable::id_of(const std::string& url, bool& is_new) {
  const auto [place, inserted] = ids_.try_emplace(url, static_cast<Id>(targets_.size()));
  is_new = inserted;
  if (inserted) targets_.push_back({.url = url});
  return place->second;
}

/// Whether a fragment names something; without knowledge of the page it does.
bool LinkTable::has_anchor(const Target& target, std::string_view fragment) const {
  // These fragments do not name an anchor: text fragments, media fragments, a script's routes.
  const std::string_view name = fragment.substr(0, fragment.find(":~:"));
  if (name.empty() || !target.anchors || name.starts_with('!') || name.starts_with('/'))
    return true;
  const std::string decoded = without_escapes(name);
  const auto has = [&](std::string_view one) {
    return std::ranges::binary_search(*target.anchors, hash_of(one));
  };
  return lower(decoded) == "top" || has(name) || has(decoded);
}

/// Whether nothing that is still to come makes this mention worth keeping.
bool LinkTable::is_settled(const Target& target, const std::string& fragment) const {
  return target.answer && target.answer->error.empty() && target.answer->redirect.empty() &&
         has_anchor(target, fragment);
}

void LinkTable::forget_what_is_fine(Target& target) {
  std::erase_if(target.mentions,
                [&](const Mention& mention) { return is_settled(target, mention.fragment); });
  target.mentions.shrink_to_fit();
}

void LinkTable::refer(Id id, std::string fragment, Id page, LinkParent parent) {
  Target& target = targets_[id];
  ++links_;
  ++target.links;
  if (is_settled(target, fragment)) return;
  const auto what = std::ranges::find(whats_, parent.what);
  const auto place = static_cast<std::uint32_t>(what - whats_.begin());
  if (what == whats_.end()) whats_.push_back(std::move(parent.what));
  target.mentions.push_back(
      {page, parent.line, place, std::move(parent.text), std::move(fragment)});
}

void LinkTable::finish(Id id, LinkAnswer answer) {
  Target& target = targets_[id];
  target.answer = std::move(answer);
  forget_what_is_fine(target);
}

void LinkTable::set_anchors(Id id, const std::vector<std::string>& anchors) {
  auto& hashes = targets_[id].anchors.emplace();
  for (const std::string& anchor : anchors) hashes.push_back(hash_of(anchor));
  std::ranges::sort(hashes);
}

LinkTable::End LinkTable::end_of(const Target& target, int max_redirects) const {
  End end{.target = &target};
  bool is_permanent_so_far = true;
  for (int hops = 0; end.target->answer && is_redirect(*end.target->answer); ++hops) {
    const LinkAnswer& answer = *end.target->answer;
    const auto next = ids_.find(answer.redirect);
    if (next == ids_.end()) return {nullptr, "", end.permanent};
    is_permanent_so_far = is_permanent_so_far && is_permanent(answer.status);
    end.target = &targets_[next->second];
    if (end.target == &target) return {nullptr, "redirect_loop", nullptr};
    if (hops >= max_redirects) return {nullptr, "redirect_limit", nullptr};
    if (is_permanent_so_far) end.permanent = end.target;
  }
  if (!end.target->answer) end.target = nullptr;
  return end;
}

LinkParent LinkTable::parent_of(const Mention& mention) const {
  return {targets_[mention.page].url, mention.line, whats_[mention.what], mention.text};
}

void LinkTable::each(int max_redirects,
                     const std::function<void(const CheckedLink&)>& visit) const {
  for (const Target& target : targets_) {
    if (!target.answer) continue;
    const End end = end_of(target, max_redirects);
    CheckedLink link{.url = target.url, .links = target.links};
    const LinkAnswer& last = end.target ? *end.target->answer : *target.answer;
    link.status = last.status;
    link.error = end.target ? last.error : end.error;
    if (end.target && end.target != &target) link.final_url = end.target->url;
    if (!end.target && end.error.empty()) {
      link.state = LinkState::unchecked;  // the check ended before it knew
      link.error = "interrupted";
    } else if (last.is_unchecked && end.error.empty()) {
      link.state = LinkState::unchecked;
    } else if (!link.error.empty()) {
      link.state = LinkState::broken;
    } else if (end.permanent) {
      link.state = LinkState::moved;
      link.final_url = end.permanent->url;
    }
    std::map<std::string, CheckedLink> lacking;  // by fragment
    for (const Mention& mention : target.mentions) {
      if (link.state != LinkState::ok) link.parents.push_back(parent_of(mention));
      const bool is_page = link.state == LinkState::ok || link.state == LinkState::moved;
      if (!is_page || !end.target || has_anchor(*end.target, mention.fragment)) continue;
      CheckedLink& without = lacking[mention.fragment];
      without.parents.push_back(parent_of(mention));
      ++without.links;
    }
    // A redirect that no page refers to needs no update.
    if (link.state == LinkState::moved && link.parents.empty()) link.state = LinkState::ok;
    visit(link);
    for (auto& [fragment, without] : lacking) {
      without.url = target.url + "#" + fragment;
      without.state = LinkState::broken;
      without.status = link.status;
      without.error = "no_anchor";
      visit(without);
    }
  }
}

}  // namespace parlab
