#include "tests/experiments/command_line/parlab_program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

namespace parlab {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

fs::path temporary_file() {
  std::string name = (fs::temp_directory_path() / "parlab-test.XXXXXX").string();
  const int fd = mkstemp(name.data());
  close(fd);
  return name;
}

/// Makes a stream a file, a pipe that nobody reads ("unread") or nothing ("closed").
void redirect(int stream, const std::string& place) {
  int file = -1;
  if (place == "unread") {
    int ends[2];
    if (pipe(ends) == 0) {
      close(ends[0]);
      file = ends[1];
    }
  } else if (place != "closed") {
    file = open(place.c_str(), O_WRONLY);
  }
  close(stream);
  if (file < 0) return;
  dup2(file, stream);
  if (file != stream) close(file);
}

}  // namespace

fs::path program_path() { return PARLAB_PROGRAM; }

ParlabProgram::ParlabProgram(const std::vector<std::string>& arguments, const fs::path& folder,
                             const Surroundings& around)
    : out_(temporary_file()), err_(temporary_file()) {
  static int count = 0;
  mark_ = "TEST_OF_PARLAB=" + std::to_string(getpid()) + "-" + std::to_string(++count);
  std::vector<std::string> words = around.within;
  words.emplace_back(PARLAB_PROGRAM);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ != 0) return;
  setpgid(0, 0);
  // Whatever whoever started the tests ignores.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  if (around.no_hangup) ::signal(SIGHUP, SIG_IGN);
  // NOLINTBEGIN(concurrency-mt-unsafe): a forked child has one thread
  putenv(mark_.data());
  setenv("PARLAB_HISTORY", "off", 1);  // of the checkout's own runs
  for (const char* proxy : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    unsetenv(proxy);
  for (const std::string& variable : around.variables) putenv(strdup(variable.c_str()));
  // NOLINTEND(concurrency-mt-unsafe)
  // stderr first: a closed stdout would be its number.
  redirect(STDERR_FILENO, around.err.empty() ? err_.string() : around.err);
  redirect(STDOUT_FILENO, around.out.empty() ? out_.string() : around.out);
  if (chdir(folder.c_str()) == 0) execvp(argv[0], argv.data());
  _exit(127);
}

ParlabProgram::~ParlabProgram() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  fs::remove(out_);
  fs::remove(err_);
}

void ParlabProgram::signal(int number) const { kill(pid_, number); }

Ended ParlabProgram::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = true;
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return {code, content(out_), content(err_)};
}

std::vector<pid_t> ParlabProgram::descendants() const {
  std::vector<pid_t> pids;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    const pid_t pid = std::stoi(name);
    if (pid != pid_ && content(entry.path() / "environ").find(mark_) != std::string::npos)
      pids.push_back(pid);
  }
  return pids;
}

std::vector<pid_t> ParlabProgram::children() const {
  std::vector<pid_t> pids = descendants();
  std::erase_if(pids, [&](pid_t pid) {
    const std::string stat = content(fs::path("/proc") / std::to_string(pid) / "stat");
    std::istringstream behind_the_name(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    char state = 0;
    pid_t parent = 0;
    behind_the_name >> state >> parent;
    return parent != pid_;
  });
  return pids;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "parlab-test.XXXXXX").string();
  path_ = mkdtemp(name.data());
}

std::vector<std::string> TemporaryFolder::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(path_)) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

nlohmann::json read_json(const fs::path& file) { return nlohmann::json::parse(content(file)); }

std::vector<nlohmann::json> json_lines(const std::filesystem::path& file) {
  std::ifstream lines(file);
  std::vector<nlohmann::json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
  return all;
}

}  // namespace parlab
