// parlab list: what can be run on this machine with this build, and what is missing.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "experiments/base/experiment.hpp"
#include "experiments/base/json_text.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/doctor/network_parts.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/worker_counts.hpp"
#include "experiments/python/call_methods.hpp"
#include "experiments/python/pythons.hpp"
#include "experiments/sharing/distance/network_namespaces.hpp"
#include "experiments/sharing/redis_choice.hpp"
#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/kernel_registry.hpp"
#include "kernels/machine/simd_level.hpp"
#include "kernels/peers/peer.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"

namespace parlab {
namespace {

using nlohmann::json;

json option_list(Experiment& experiment) {
  CLI::App app;
  experiment.add_options(app);
  json options = json::array();
  for (const CLI::Option* option : app.get_options())
    if (option->get_name() != "--help")
      options.push_back({{"name", option->get_name()}, {"what", option->get_description()}});
  return options;
}

/// What stands between processes that share no memory.
json servers() {
  const std::string redis = RedisChoice::why_not();
  const std::string keys =
      keys_supported() ? "" : "not to other hosts, which takes TLS: install libssl-dev, make build";
  const std::string secured = RedisServer::why_not_secured();
  const std::string& hosts = NetworkNamespaces::why_not();
  return {{{"name", "manager"},
           {"available", true},
           {"why", keys.empty() ? "a process that keeps objects for others" : keys}},
          {{"name", "redis"},
           {"available", redis.empty()},
           {"why", redis.empty() ? "flags, counts and lists in a redis-server" : redis}},
          {{"name", "redis_tls"},
           {"available", secured.empty()},
           {"why", secured.empty() ? "the same for other hosts" : secured}},
          {{"name", "namespaces"},
           {"available", hosts.empty()},
           {"why", hosts.empty() ? "two hosts on this machine, for sharing_distance" : hosts}}};
}

json python_json(const char* name, const CPython& found) {
  return {{"name", name},
          {"program", found.program},
          {"version", found.version},
          {"available", !found.version.empty()},
          {"why", found.why}};
}

/// CPythons that import parlab, for the experiments that ask what calls from Python cost.
json pythons() {
  return json::array({python_json("locked", locked_python()),
                      python_json("free-threaded", free_threaded_python())});
}

json listing() {
  json document = {{"experiments", json::array()},
                   {"backends", json::array()},
                   {"kernels", json::array()},
                   {"peers", json::array()},
                   {"servers", servers()},
                   {"simd", simd_level()},
                   {"simd_levels", supported_simd_levels()},
                   {"pythons", pythons()},
                   {"usable_cores", usable_cores()}};
  for (const auto& experiment : make_experiments())
    document["experiments"].push_back({{"name", experiment->name()},
                                       {"question", experiment->question()},
                                       {"options", option_list(*experiment)}});
  for (const BackendEntry& entry : backends())
    document["backends"].push_back({{"name", entry.name},
                                    {"schedules", entry.schedules},
                                    {"available", true},
                                    {"by_name_only", entry.by_name_only},
                                    {"why", entry.what}});
  for (const MissingBackend& missing : missing_backends())
    document["backends"].push_back({{"name", missing.name},
                                    {"schedules", json::array()},
                                    {"available", false},
                                    {"by_name_only", false},
                                    {"why", missing.why}});
  for (const KernelEntry& kernel : kernels())
    document["kernels"].push_back({{"name", kernel.name},
                                   {"variant", kernel.variant},
                                   {"what", kernel.what},
                                   {"splittable", kernel.splittable}});
  for (const Peer& peer : peers()) {
    const PeerState state = peer.look();
    document["peers"].push_back({{"name", peer.name},
                                 {"what", peer.what},
                                 {"available", !state.version.empty()},
                                 {"version", state.version},
                                 {"why", state.why}});
  }
  document["network"] = json::array();
  for (const NetworkPart& part : network_parts())
    document["network"].push_back(
        {{"name", part.name},
         {"what", part.what},
         {"available", part.available},
         {"why",
          part.available ? "" : "not built: install " + part.package + ", then make build"}});
  const auto calls = python_calls();
  document["calls"] = json::array();
  for (const CallMethod& method : call_methods()) {
    const std::string why = why_missing(method, calls);
    document["calls"].push_back(
        {{"name", method.name}, {"what", method.what}, {"available", why.empty()}, {"why", why}});
  }
  return document;
}

void print_listing(const json& document) {
  say("Experiments (parlab run NAME)\n");
  for (const json& e : document["experiments"])
    say("  {:<12} {}\n", e["name"].get<std::string>(), e["question"].get<std::string>());
  say("\nBackends (--backend NAME[:SCHEDULE], the first schedule is the default)\n");
  for (const json& b : document["backends"]) {
    const auto schedules = b["schedules"].get<std::vector<std::string>>();
    say("  {:<12} {}{}\n", b["name"].get<std::string>(),
        b["available"] ? "" : "MISSING: ", b["why"].get<std::string>());
    if (!schedules.empty()) say("  {:<12} {}\n", "", fmt::join(schedules, ", "));
  }
  say("\nServers (for processes that share no memory)\n");
  for (const json& server : document["servers"])
    say("  {:<12} {}{}\n", server["name"].get<std::string>(),
        server["available"] ? "" : "MISSING: ", server["why"].get<std::string>());
  say("\nKernels\n");
  for (const json& k : document["kernels"])
    say("  {:<15} {:<12} {}{}\n", k["name"].get<std::string>(), k["variant"].get<std::string>(),
        k["what"].get<std::string>(), k["splittable"] ? "" : " (not splittable: serial only)");
  say("\nPeers (parlab run peers), what one would use instead of these kernels\n");
  for (const json& p : document["peers"])
    say("  {:<12} {}, {}\n", p["name"].get<std::string>(), p["what"].get<std::string>(),
        p["available"] ? "version " + p["version"].get<std::string>()
                       : "MISSING: " + p["why"].get<std::string>());
  say("\nCPython that imports parlab, with its lock and without\n");
  for (const json& python : document["pythons"])
    say("  {:<13} {}\n", python["name"].get<std::string>(),
        python["available"]
            ? python["version"].get<std::string>() + ", " + python["program"].get<std::string>()
            : "MISSING: " + python["why"].get<std::string>());
  const auto print_parts = [&](const char* title, const char* key) {
    say("\n{}\n", title);
    for (const json& part : document[key])
      say("  {:<12} {}{}\n", part["name"].get<std::string>(), part["what"].get<std::string>(),
          part["available"] ? "" : ", MISSING: " + part["why"].get<std::string>());
  };
  print_parts("Calls from Python (parlab run python_call)", "calls");
  print_parts("Waiting for others", "network");
  say("\nSIMD level {}{}, of {} (PARLAB_SIMD=); {} usable cores\n",
      document["simd"].get<std::string>(),
      simd_level_of_environment().empty() ? "" : " by PARLAB_SIMD",
      fmt::join(document["simd_levels"].get<std::vector<std::string>>(), ", "),
      document["usable_cores"].get<int>());
}

}  // namespace

int list_command(const Arguments& arguments) {
  CLI::App app("Lists the experiments, backends and kernels of this build, and what is missing.",
               "parlab list");
  bool as_json = false;
  app.add_flag("--json", as_json, "as JSON, on stdout");
  app.footer("Example: parlab list --json | jq .backends");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  const json document = listing();
  if (as_json)
    say("{}\n", document_in_utf8(document).dump(2));
  else
    print_listing(document);
  return 0;
}

}  // namespace parlab
