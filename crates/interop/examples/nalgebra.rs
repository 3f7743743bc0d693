//! Geometry of `nalgebra` with derivatives: a robot arm reaches for a point by the Jacobian of its hand's position.

use nalgebra::{RealField, Rotation3, SMatrix, SVector, Vector3};
use retrograd::scalar::{Dual, Number};

/// Angles of the joints: the whole arm turns about `z`, and each of three links is raised about `y`.
type Angles<T> = SVector<T, 4>;

/// Where the hand is. The function knows nothing of derivatives.
fn hand<T: RealField + Copy>(angles: &Angles<T>) -> Vector3<T> {
    let mut direction = Rotation3::from_axis_angle(&Vector3::z_axis(), angles[0]);
    let mut at = Vector3::zeros();
    for k in 1..4 {
        direction *= Rotation3::from_axis_angle(&Vector3::y_axis(), angles[k]);
        at += direction * Vector3::x();
    }
    at
}

/// Where the hand is, and how it moves with each angle.
fn jacobian<T>(angles: &Angles<T>) -> (Vector3<T>, SMatrix<T, 3, 4>)
where
    T: Number,
    Dual<T, 4>: RealField,
{
    let at = hand(&Angles::from_fn(|k, _| Dual::variable_of(angles[k], k)));
    (at.map(|x| x.value), SMatrix::from_fn(|i, k| at[i].tangents[k]))
}

/// How freely the hand can move: the volume that steps of all joints of length 1 lead to, `√det(JJᵀ)`.
fn freedom<T: RealField + Number>(angles: &Angles<T>) -> T
where
    Dual<T, 4>: RealField,
{
    let (_, slopes) = jacobian(angles);
    let factor = (slopes * slopes.transpose()).cholesky().expect("the arm is not stretched");
    factor.l().diagonal().product()
}

fn main() {
    let target = Vector3::new(0.8, 1.1, 1.3);
    let mut angles = Angles::new(0.1, -0.3, 0.4, 0.5);
    for step in 0..12 {
        let (at, slopes) = jacobian(&angles);
        println!("step {step}: {:.9} away", (target - at).norm());
        // The shortest of all steps that lead there to first order: Jᵀ(JJᵀ)⁻¹·(target − at).
        let Some(factor) = (slopes * slopes.transpose()).cholesky() else { break };
        angles += slopes.transpose() * factor.solve(&(target - at));
    }
    println!("distance at the end: {:.1e}", (target - hand(&angles)).norm());

    // Duals of duals: how the freedom, itself made of derivatives, changes with each angle.
    let changes =
        freedom(&Angles::from_fn(|k, _| Dual::<f64, 4>::variable_of(angles[k], k))).tangents;
    let difference = |k: usize| {
        let step = Angles::ith(k, 1e-5);
        (freedom(&(angles + step)) - freedom(&(angles - step))) / 2e-5
    };
    let errors = (0..4).map(|k| (changes[k] - difference(k)).abs());
    println!("freedom {:.6}, its changes {changes:.6?}", freedom(&angles));
    println!("largest difference from finite ones: {:.1e}", errors.fold(0.0, f64::max));
}
