//! The operators of the scalar types, all by their rows.

/// Implements the operators of a [`Number`](crate::Number) type with itself, with references, and with constants on
/// either side; and comparisons by one of its fields, if one is named.
macro_rules! arithmetic {
    (impl [$($generics:tt)*] $Type:ty, compared by $($value:tt)+) => {
        $crate::arithmetic::arithmetic! { operators [$($generics)*] $Type }

        impl<$($generics)*> PartialEq for $Type {
            #[inline(always)]
            fn eq(&self, other: &Self) -> bool {
                self.$($value)+ == other.$($value)+
            }
        }

        impl<$($generics)*> PartialEq<f64> for $Type {
            #[inline(always)]
            fn eq(&self, other: &f64) -> bool {
                $crate::Number::primal(*self) == *other
            }
        }

        impl<$($generics)*> PartialOrd for $Type {
            #[inline(always)]
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                self.$($value)+.partial_cmp(&other.$($value)+)
            }
        }

        impl<$($generics)*> PartialOrd<f64> for $Type {
            #[inline(always)]
            fn partial_cmp(&self, other: &f64) -> Option<std::cmp::Ordering> {
                $crate::Number::primal(*self).partial_cmp(other)
            }
        }
    };
    (operators [$($generics:tt)*] $Type:ty) => {
        $crate::arithmetic::arithmetic! { @operator [$($generics)*] $Type: Add add AddAssign add_assign by Add }
        $crate::arithmetic::arithmetic! { @operator [$($generics)*] $Type: Sub sub SubAssign sub_assign by Sub }
        $crate::arithmetic::arithmetic! { @operator [$($generics)*] $Type: Mul mul MulAssign mul_assign by Mul }
        $crate::arithmetic::arithmetic! { @operator [$($generics)*] $Type: Div div DivAssign div_assign by Div }
        $crate::arithmetic::arithmetic! { @operator [$($generics)*] $Type: Rem rem RemAssign rem_assign by Fmod }

        impl<$($generics)*> std::ops::Neg for $Type {
            type Output = Self;
            #[inline(always)]
            #[track_caller]
            fn neg(self) -> Self {
                self.unary(retrograd_core::ops::Unary::Neg)
            }
        }

        impl<$($generics)*> std::ops::Neg for &$Type {
            type Output = $Type;
            #[inline(always)]
            #[track_caller]
            fn neg(self) -> $Type {
                -*self
            }
        }

        impl<$($generics)*> From<f64> for $Type {
            #[inline(always)]
            fn from(value: f64) -> Self {
                $crate::Number::constant(value)
            }
        }

        $crate::arithmetic::arithmetic! { @fold [$($generics)*] $Type: Product product 1.0 * }
    };
    (folds [$($generics:tt)*] $Type:ty) => {
        $crate::arithmetic::arithmetic! { @fold [$($generics)*] $Type: Sum sum -0.0 + }
    };
    (@operator [$($generics:tt)*] $Type:ty: $Add:ident $add:ident $AddAssign:ident $add_assign:ident by $Row:ident) => {
            impl<$($generics)*> std::ops::$Add for $Type {
                type Output = Self;
                #[inline(always)]
                #[track_caller]
                fn $add(self, rhs: Self) -> Self {
                    self.binary(retrograd_core::ops::Binary::$Row, rhs)
                }
            }

            impl<$($generics)*> std::ops::$Add<f64> for $Type {
                type Output = Self;
                #[inline(always)]
                #[track_caller]
                fn $add(self, rhs: f64) -> Self {
                    self.binary(retrograd_core::ops::Binary::$Row, Self::from(rhs))
                }
            }

            impl<$($generics)*> std::ops::$Add<$Type> for f64 {
                type Output = $Type;
                #[inline(always)]
                #[track_caller]
                fn $add(self, rhs: $Type) -> $Type {
                    <$Type>::from(self).binary(retrograd_core::ops::Binary::$Row, rhs)
                }
            }

            impl<$($generics)*> std::ops::$Add<&$Type> for $Type {
                type Output = $Type;
                #[inline(always)]
                #[track_caller]
                fn $add(self, rhs: &$Type) -> $Type {
                    std::ops::$Add::$add(self, *rhs)
                }
            }

            impl<$($generics)*> std::ops::$Add<$Type> for &$Type {
                type Output = $Type;
                #[inline(always)]
                #[track_caller]
                fn $add(self, rhs: $Type) -> $Type {
                    std::ops::$Add::$add(*self, rhs)
                }
            }

            impl<$($generics)*> std::ops::$Add for &$Type {
                type Output = $Type;
                #[inline(always)]
                #[track_caller]
                fn $add(self, rhs: Self) -> $Type {
                    std::ops::$Add::$add(*self, *rhs)
                }
            }

            impl<$($generics)*> std::ops::$AddAssign for $Type {
                #[inline(always)]
                #[track_caller]
                fn $add_assign(&mut self, rhs: Self) {
                    *self = std::ops::$Add::$add(*self, rhs);
                }
            }

            impl<$($generics)*> std::ops::$AddAssign<f64> for $Type {
                #[inline(always)]
                #[track_caller]
                fn $add_assign(&mut self, rhs: f64) {
                    *self = std::ops::$Add::$add(*self, rhs);
                }
            }
    };
    (@fold [$($generics:tt)*] $Type:ty: $Sum:ident $sum:ident $neutral:literal $op:tt) => {
            impl<$($generics)*> std::iter::$Sum for $Type {
                #[inline]
                fn $sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                    iter.fold(Self::from($neutral), |total, x| total $op x)
                }
            }

            impl<'a, $($generics)*> std::iter::$Sum<&'a $Type> for $Type {
                #[inline]
                fn $sum<I: Iterator<Item = &'a Self>>(iter: I) -> Self {
                    iter.copied().$sum()
                }
            }
    };
}

pub(crate) use arithmetic;
