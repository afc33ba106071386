// A value that is seldom there.
#pragma once

namespace natsim::net {

// Holds a T or nothing, in the room of a pointer. A copy holds a copy.
template <typename T>
class Rare {
 public:
  constexpr Rare() = default;
  Rare(const T& value) : value_(new T(value)) {}
  constexpr Rare(const Rare& other)
      : value_(other.value_ == nullptr ? nullptr : new T(*other.value_)) {}
  constexpr Rare(Rare&& other) noexcept : value_(other.value_) { other.value_ = nullptr; }
  constexpr Rare& operator=(Rare other) noexcept {
    T* const mine = value_;
    value_ = other.value_;
    other.value_ = mine;
    return *this;
  }
  constexpr ~Rare() { delete value_; }

  [[nodiscard]] constexpr explicit operator bool() const { return value_ != nullptr; }
  // Precondition: there is a value.
  constexpr const T& operator*() const { return *value_; }
  constexpr const T* operator->() const { return value_; }
  // The value, made first if there is none.
  T& get() {
    if (value_ == nullptr) value_ = new T();
    return *value_;
  }

 private:
  T* value_ = nullptr;
};

}  // namespace natsim::net
