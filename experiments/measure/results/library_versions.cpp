#include "experiments/measure/results/library_versions.hpp"

#include <fmt/core.h>
#include <gnu/libc-version.h>
#include <hwy/base.h>

#include <CLI/Version.hpp>
#ifndef HWY_MAJOR  // before 1.1 only the large header has it
#include <hwy/highway.h>
#endif
#include <nlohmann/json.hpp>

#if __has_include(<tbb/version.h>)
#include <tbb/version.h>
#endif
#if __has_include(<boost/version.hpp>)
#include <boost/version.hpp>
#endif
#ifdef PARLAB_HAS_EIGEN
#if __has_include(<Eigen/Version>)
#include <Eigen/Version>
#else
#include <Eigen/src/Core/util/Macros.h>
#endif
#endif
#ifdef PARLAB_HAS_XTENSOR
#if __has_include(<xtensor/core/xtensor_config.hpp>)
#include <xtensor/core/xtensor_config.hpp>
#else
#include <xtensor/xtensor_config.hpp>
#endif
#if __has_include(<xsimd/config/xsimd_config.hpp>)
#include <xsimd/config/xsimd_config.hpp>
#endif
#endif

namespace parlab {

std::map<std::string, std::string> library_versions() {
  std::map<std::string, std::string> versions;
  versions["CLI11"] = CLI11_VERSION;
  versions["fmt"] =
      fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
  versions["glibc"] = gnu_get_libc_version();
  versions["Highway"] = fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH);
  versions["nlohmann_json"] = fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                          NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
#ifdef _GLIBCXX_RELEASE
  versions["libstdc++"] = std::to_string(_GLIBCXX_RELEASE);
#endif
#ifdef _OPENMP
  versions["OpenMP"] = std::to_string(_OPENMP);  // year and month of the standard
#endif
#ifdef TBB_VERSION_MAJOR
  versions["oneTBB"] = fmt::format("{}.{}", TBB_VERSION_MAJOR, TBB_VERSION_MINOR);
#endif
#if defined(BOOST_VERSION) && BOOST_VERSION >= 108100  // an older one is there, but not used
  versions["Boost"] = fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                                  BOOST_VERSION % 100);
#endif
#ifdef EIGEN_MAJOR_VERSION
  versions["Eigen"] =
      fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION);
#endif
#ifdef XTENSOR_VERSION_MAJOR
  versions["xtensor"] =
      fmt::format("{}.{}.{}", XTENSOR_VERSION_MAJOR, XTENSOR_VERSION_MINOR, XTENSOR_VERSION_PATCH);
#endif
#ifdef XSIMD_VERSION_MAJOR
  versions["xsimd"] =
      fmt::format("{}.{}.{}", XSIMD_VERSION_MAJOR, XSIMD_VERSION_MINOR, XSIMD_VERSION_PATCH);
#endif
  return versions;
}

}  // namespace parlab
