# Writes the commit and whether the tree differs from it; leaves the file alone where nothing changed.
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no
                OUTPUT_VARIABLE changes ERROR_QUIET)
set(dirty "false")
if(changes)
  set(dirty "true")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT
"constexpr char build_commit[] = \"${commit}\";
constexpr bool build_dirty = ${dirty};
")
