// parlab_calls.by_pybind11: two calls of parlab.h over pybind11.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <new>
#include <stdexcept>

#include "kernels/bindings/calls/calls.h"

namespace py = pybind11;

namespace {

// c_style without forcecast: what does not fit is refused, not copied.
using Numbers = py::array_t<std::uint64_t, py::array::c_style>;
using Flags = py::array_t<std::uint8_t, py::array::c_style>;

parlab_backend* serial = nullptr;

/// Throws what a status stands for in Python. On the thread that made the call.
void check(parlab_status status) {
  if (status == PARLAB_OK) return;
  if (status == PARLAB_BAD_INPUT) throw py::value_error(parlab_last_error());
  if (status == PARLAB_NO_MEMORY) throw std::bad_alloc();  // MemoryError
  throw std::runtime_error(parlab_last_error());           // RuntimeError
}

void open_serial() { check(parlab_backend_open("serial", 1, &serial)); }

std::uint64_t count_darts(std::uint64_t darts, std::uint64_t seed) {
  std::uint64_t inside = 0;
  parlab_status status = PARLAB_FAILED;
  {
    const py::gil_scoped_release released;
    status = parlab_pi(serial, darts, seed, nullptr, 0, &inside);
  }
  check(status);
  return inside;
}

/// The array as one of this element type, not copied; TypeError where that cannot be. A masked array
/// is refused, for its mask would be lost: to save time that is not asked for numpy's own class.
/// As the type of an argument, array_t would take a subclass for an array of numpy's own class.
template <class Elements>
Elements in_place(const py::array& array, const char* fault) {
  static PyTypeObject* const plain = py::detail::npy_api::get().PyArray_Type_;
  if (Py_TYPE(array.ptr()) != plain)
    py::module_::import("parlab_calls.masks").attr("refuse_masks")(array);
  if (!py::isinstance<Elements>(array)) throw py::type_error(fault);
  return py::reinterpret_borrow<Elements>(array);
}

void is_prime(const py::array& numbers_given, const py::array& out_given) {
  const auto numbers =
      in_place<Numbers>(numbers_given, "numbers must be a contiguous array of uint64");
  auto out = in_place<Flags>(out_given, "out must be a contiguous array of uint8");
  if (numbers.ndim() != 1 || out.ndim() != 1 || numbers.size() != out.size())
    throw py::value_error("numbers and out must have one dimension and one length");
  const std::uint64_t* from = numbers.data();
  std::uint8_t* to = out.mutable_data();  // ValueError where it is read-only
  const py::ssize_t size = numbers.size();
  parlab_status status = PARLAB_FAILED;
  {
    const py::gil_scoped_release released;
    status = parlab_calls_is_prime(serial, from, to, size);
  }
  check(status);
}

}  // namespace

PYBIND11_MODULE(by_pybind11, module) {
  module.doc() = "parlab's count_darts and is_prime over pybind11, on the backend serial.";
  open_serial();
  // A handle is refused in a process that was forked after it was opened.
  py::module_::import("os").attr("register_at_fork")(py::arg("after_in_child") =
                                                         py::cpp_function(open_serial));
  module.def("count_darts", &count_darts, py::arg("darts"), py::arg("seed"),
             "How many of darts 0 to darts - 1 lie inside the quarter circle.");
  module.def("is_prime", &is_prime, py::arg("numbers"), py::arg("out"),
             "Writes 1 where a number (uint64) is prime, else 0, into out (uint8, as long).");
}
