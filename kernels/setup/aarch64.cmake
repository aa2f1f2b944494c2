# A toolchain for 64-bit ARM, by Debian's cross-compiler, for programs that run in qemu's user mode (tests/make/arm.sh).
#
#   PARLAB_ARM_ROOT   a folder with usr/include and usr/lib of ARM's libraries
#   PARLAB_ARM_CPU    the processor to emulate, as qemu-aarch64 -cpu names it
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PARLAB_ARM_ROOT PARLAB_ARM_CPU)

# What is found is ARM's, or nothing. By itself the cross-compiler would look into /usr/include too, where headers are of
# libraries that would not link.
set(CMAKE_SYSROOT ${PARLAB_ARM_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

find_program(PARLAB_QEMU NAMES qemu-aarch64-static qemu-aarch64 REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${PARLAB_QEMU} -L /usr/aarch64-linux-gnu -cpu ${PARLAB_ARM_CPU}
                                  -E LD_LIBRARY_PATH=${PARLAB_ARM_ROOT}/usr/lib/aarch64-linux-gnu)
